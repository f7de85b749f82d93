"""What a person asked lists for: the row is the intention, and afterwards the memory of it."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy


class Unsubscription(models.Model):
    """One list that the owner of a mailbox left, or is leaving."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("state of unsubscribing", "on its way")
        DONE = "done", pgettext_lazy("state of unsubscribing", "done")
        FAILED = "failed", pgettext_lazy("state of unsubscribing", "failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+", db_index=False)
    list_digest = models.BinaryField(max_length=16)  # keyed, of what names the list
    target = models.BinaryField(default=b"")  # sealed: the address of one click; forgotten when it was asked
    state = models.CharField(max_length=8, choices=State.choices)
    requested_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "list_digest"], name="one_unsubscription_per_list")
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="waiting"), name="unsubscription_to_carry_out")
        ]
