"""People one wrote to. Who they are is sealed; they are found by keyed numbers for the beginnings of their words."""

from typing import ClassVar

from django.db import models


class Correspondent(models.Model):
    """An address that the owner of a mailbox wrote to."""

    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="correspondents")
    address_digest = models.BinaryField(max_length=16)  # keyed, of the folded address
    person = models.BinaryField()  # sealed: display name and address
    use_count = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField()
    rank = models.FloatField()  # see ranking.rank_after
    is_suggested = models.BooleanField(default=True)  # False: taken out of the suggestions, until written to again

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "address_digest"], name="one_correspondent_per_address")
        ]
        indexes: ClassVar = [models.Index(fields=["mailbox", "-rank"], name="correspondent_dearest_first")]


class CorrespondentPrefix(models.Model):
    """A beginning of a word of a correspondent's name or address, as a number keyed by the mailbox."""

    correspondent = models.ForeignKey(Correspondent, models.CASCADE, related_name="prefixes")
    number = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number", "correspondent"], name="one_prefix_per_correspondent")
        ]
