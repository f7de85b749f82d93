"""Writing and reading the change log. All clients of all protocols are readers of ``changes_since``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import models, transaction

from workmail.changes import bell
from workmail.changes.counting import count_up
from workmail.changes.models import Collection, ModSequence, Numbered, Tombstone
from workmail.errors import HorizonPassed

# kind of collection -> (model of its items, name of their foreign key to the collection)
ITEM_MODELS: dict[str, tuple[type[Numbered], str]] = {}


def register(kind: str, model: type[Numbered], foreign_key: str) -> None:
    """Say which rows are the items of collections of this kind; called by the room that owns the model."""
    ITEM_MODELS[kind] = (model, foreign_key)


@dataclass(frozen=True, slots=True)
class Gone:
    key: UUID
    uid: int


@dataclass(slots=True)
class Delta:
    """What changed up to ``modseq``. A reader applies ``deleted`` first: an item that left and came back is in both."""

    modseq: int
    created: list[Numbered] = field(default_factory=list)
    updated: list[Numbered] = field(default_factory=list)
    deleted: list[Gone] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)


def advance(owner_id: UUID) -> int:
    """Take the owner's next number and hold the owner's row until the transaction ends."""
    return count_up(ModSequence, owner_id, "highest", highest=1)


def next_modseq(collection: Collection) -> int:
    """Take the next number for changes of ``collection`` in the caller's transaction, and ring after it commits.

    The caller writes the number into the rows it changes. Everything slow (parsing, encryption, files) must be done
    before: from here on, other writers to this owner wait.
    """
    modseq = advance(collection.owner_id)
    stamp(collection.owner_id, collection.pk, modseq)
    return modseq


def stamp(owner_id: UUID, collection_id: UUID, modseq: int) -> None:
    """Note that the owner's number ``modseq``, taken in this transaction, also changes this collection."""
    Collection.objects.filter(pk=collection_id).update(highest_modseq=modseq)
    transaction.on_commit(lambda: bell.ring(owner_id, collection_id, modseq), robust=True)


def bury(collection_id: UUID, items: Sequence[Numbered], modseq: int) -> None:
    """Leave tombstones for items that leave the collection at ``modseq``."""
    Tombstone.objects.bulk_create(
        [
            Tombstone(
                collection_id=collection_id,
                key=item.key,
                uid=item.uid,
                created_modseq=item.created_modseq,
                modseq=modseq,
            )
            for item in items
        ],
        batch_size=500,
    )


def changes_since(collection: Collection, modseq: int, *, items: models.QuerySet | None = None) -> Delta:
    """Return the items created, updated and deleted after ``modseq``.

    Args:
        items: The rows to read from, if the reader wants ``only()`` or ``select_related()``; defaults to all columns.

    Raises:
        HorizonPassed: Tombstones that old are gone; the reader must begin anew.
    """
    collection.refresh_from_db(fields=["highest_modseq", "horizon"])
    if modseq < collection.horizon:
        raise HorizonPassed
    delta = Delta(modseq=collection.highest_modseq)  # read first: what commits later is the next delta's
    if modseq >= delta.modseq:
        return delta
    model, foreign_key = ITEM_MODELS[collection.kind]
    rows = model.objects.all() if items is None else items
    changed = rows.filter(**{foreign_key: collection.pk}, modseq__gt=modseq, modseq__lte=delta.modseq)
    for item in changed.order_by("modseq", "uid"):
        (delta.updated if item.created_modseq <= modseq else delta.created).append(item)
    gone = Tombstone.objects.filter(
        collection=collection, modseq__gt=modseq, modseq__lte=delta.modseq, created_modseq__lte=modseq
    )
    delta.deleted = [Gone(key, uid) for key, uid in gone.order_by("modseq", "uid").values_list("key", "uid")]
    return delta


def forget_tombstones(collection: Collection, up_to_modseq: int) -> int:
    """Drop old tombstones and move the horizon; readers that far behind begin anew. Returns how many went."""
    with transaction.atomic():
        Collection.objects.filter(pk=collection.pk, horizon__lt=up_to_modseq).update(horizon=up_to_modseq)
        count, _ = Tombstone.objects.filter(collection=collection, modseq__lte=up_to_modseq).delete()
    return count
