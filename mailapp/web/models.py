"""What the mail pages themselves must remember."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class AnsweredRequest(models.Model):
    """A request that changed something, and its answer: the same one sent again is answered, not carried out again.

    Pages send one whenever an answer was lost: a dropped connection, an offline queue, a second click.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    answer = models.BinaryField(default=b"")  # sealed under the mailbox: sentences name folders
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_request")]
        indexes: ClassVar = [models.Index(fields=["user", "created_at"], name="answers_by_age")]


class TrustedSender(models.Model):
    """An address whose remote images this person always wants to see; kept as the mailbox's keyed digest."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=16)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "digest"], name="one_row_per_trusted_sender")]
