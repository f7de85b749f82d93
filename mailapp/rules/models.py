"""Rules and automatic replies of a mailbox. What a person wrote is sealed under the mailbox's keys."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import pgettext_lazy


class Rule(models.Model):
    """One rule. ``problem`` says what it could not do lately; the mail itself is stored whatever happens."""

    class Problem(models.TextChoices):
        NONE = "", pgettext_lazy("problem of a rule", "none")
        FOLDER_GONE = "folder_gone", pgettext_lazy("problem of a rule", "the folder is gone")
        FULL = "full", pgettext_lazy("problem of a rule", "the mailbox is full")
        LIMIT = "limit", pgettext_lazy("problem of a rule", "the day’s limit is reached")
        TOO_BIG = "too_big", pgettext_lazy("problem of a rule", "the message is too big")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="rules", db_index=False)
    position = models.PositiveIntegerField()
    is_on = models.BooleanField(default=True)
    definition = models.BinaryField()  # sealed, see definition.Definition
    problem = models.CharField(max_length=16, choices=Problem.choices, blank=True, default=Problem.NONE)
    problem_at = models.DateTimeField(null=True, blank=True)
    is_owner_told = models.BooleanField(default=True)  # False: a notice about the problem is still to be written

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["mailbox", "position"], name="rule_in_order"),
            models.Index(fields=["id"], condition=models.Q(is_owner_told=False), name="rule_to_tell_about"),
        ]


class AutomaticReply(models.Model):
    """What a mailbox answers while its owner is away (RFC 3834)."""

    class Audience(models.TextChoices):
        NOBODY = "nobody", pgettext_lazy("who outside gets an automatic reply", "Nobody")
        KNOWN = "known", pgettext_lazy("who outside gets an automatic reply", "Only people I have written to")
        EVERYONE = "everyone", pgettext_lazy("who outside gets an automatic reply", "Everyone")

    mailbox = models.OneToOneField("store.Mailbox", models.CASCADE, primary_key=True, related_name="automatic_reply")
    is_on = models.BooleanField(default=False)
    audience = models.CharField(max_length=16, choices=Audience.choices, default=Audience.EVERYONE)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    window = models.PositiveIntegerField(default=0)  # counts up when a new time begins: everybody is answered anew
    texts = models.BinaryField()  # sealed, see replies.Texts


class AnsweredSender(models.Model):
    """Somebody who got the automatic reply in this window already."""

    reply = models.ForeignKey(AutomaticReply, models.CASCADE, related_name="answered", db_index=False)
    window = models.PositiveIntegerField()
    sender_digest = models.BinaryField(max_length=16)  # keyed, of the folded address
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reply", "window", "sender_digest"], name="one_automatic_reply_per_sender")
        ]
