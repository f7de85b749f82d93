"""What the index still has to do, and the searches a mailbox keeps.

The index itself is no model: each database has its own kind (``index``).
"""

import uuid
from typing import ClassVar

from django.db import models


class Removal(models.Model):
    """An entry whose message was expunged. Taken out by the sweep, since that is slow and nobody can find it anyway."""

    search_id = models.BigIntegerField(primary_key=True)


class SavedSearch(models.Model):
    """A query under a name, in the side pane of its mailbox. What a person looks for says as much as what they find."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+")
    name = models.BinaryField()  # sealed
    name_digest = models.BinaryField(max_length=16)  # so that names differ
    text = models.BinaryField()  # sealed; as it was typed, in whatever language
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "name_digest"], name="one_saved_search_per_name")
        ]


class RecentSearch(models.Model):
    """A query that was typed lately, offered when the search field is empty. Only the newest few are kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=16)  # so that the same query stands there once
    text = models.BinaryField()  # sealed
    searched_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "digest"], name="one_recent_search_per_text")
        ]
        indexes: ClassVar = [models.Index(fields=["mailbox", "-searched_at"], name="recent_searches_newest")]
