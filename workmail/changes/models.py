"""The change log.

Every owner (a mailbox, later a calendar's person) has one modification sequence. A collection (folder, calendar,
address book, task list, the folder tree itself) takes the owner's next number with every change. The item rows carry
the numbers (see ``Numbered``); what is gone leaves a tombstone.
"""

import uuid
from typing import ClassVar

from django.db import models


class ModSequence(models.Model):
    """The owner's counter: a locked row, never a database sequence, so that numbers appear in commit order."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    highest = models.PositiveBigIntegerField(default=0)


class Collection(models.Model):
    """Something whose items clients keep a copy of."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(ModSequence, models.CASCADE, related_name="collections")
    kind = models.CharField(max_length=32)  # a key of log.ITEM_MODELS
    highest_modseq = models.PositiveBigIntegerField(default=0)
    horizon = models.PositiveBigIntegerField(default=0)  # tombstones up to here are gone


class Tombstone(models.Model):
    """An item that left a collection. ``uid`` is its number there, for protocols that know items by number."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="tombstones")
    key = models.UUIDField()
    uid = models.PositiveBigIntegerField()
    created_modseq = models.PositiveBigIntegerField()
    modseq = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["collection", "modseq"], name="tombstone_by_modseq")]


class Numbered(models.Model):
    """What an item of a collection carries. ``key`` names it outside; ``uid`` counts up within its collection."""

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    uid = models.PositiveBigIntegerField()
    created_modseq = models.PositiveBigIntegerField()
    modseq = models.PositiveBigIntegerField()

    class Meta:
        abstract = True
