"""What the filter of a mailbox has learned, and what it is still to learn."""

from typing import ClassVar

from django.db import models
from django.utils.translation import pgettext_lazy


class Verdict(models.TextChoices):
    JUNK = "junk", pgettext_lazy("what a message is", "junk")
    WANTED = "wanted", pgettext_lazy("what a message is", "wanted")
    FORGET = "forget", pgettext_lazy("what a message is", "nothing is known")


class Lesson(models.Model):
    """A message that is to be learned, the last word on it."""

    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+", db_index=False)
    message_key = models.UUIDField()
    verdict = models.CharField(max_length=8, choices=Verdict.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "message_key"], name="one_lesson_per_message")
        ]


class Learned(models.Model):
    """A message that was learned, by its keyed digest: twice the same teaches nothing, the opposite replaces it."""

    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+", db_index=False)
    content_digest = models.BinaryField(max_length=16)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "content_digest"], name="learned_once_per_message")
        ]


class Filter(models.Model):
    """How many messages of each kind a mailbox has taught, and how many words that were."""

    mailbox = models.OneToOneField("store.Mailbox", models.CASCADE, primary_key=True, related_name="+")
    junk_count = models.PositiveIntegerField(default=0)
    wanted_count = models.PositiveIntegerField(default=0)
    word_count = models.PositiveIntegerField(default=0)


class Word(models.Model):
    """A word, as a number that only this mailbox's key can make, and in how many messages of each kind it stood."""

    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+", db_index=False)
    number = models.BigIntegerField()
    junk_count = models.PositiveIntegerField(default=0)
    wanted_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["mailbox", "number"], name="one_junk_word_per_number")]
