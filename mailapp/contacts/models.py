"""People one wrote to, and the address book.

Who they are is sealed. Correspondents are found by keyed numbers for the beginnings of their words; contacts are some
thousands at most, so their summaries are unsealed and sorted in memory (see ``book``).
"""

import uuid
from typing import ClassVar

from django.db import models

from workmail.changes.models import Collection, Numbered


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


class AddressBook(models.Model):
    """A collection of contacts. Its primary key is its collection's."""

    collection = models.OneToOneField(Collection, models.CASCADE, primary_key=True, related_name="address_book")
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="address_books")
    is_default = models.BooleanField(default=False)
    name = models.BinaryField(default=b"")  # sealed; empty for the default one, named in the reader's language
    uid_next = models.PositiveBigIntegerField(default=1)
    contact_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mailbox"], condition=models.Q(is_default=True), name="one_default_address_book"
            )
        ]


class Contact(Numbered):
    """One card: a person, an organization, or a group of them. All that it says is sealed."""

    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="contacts")
    address_book = models.ForeignKey(AddressBook, models.CASCADE, related_name="contacts", db_index=False)
    card = models.BinaryField()  # sealed: the whole vCard 4.0, with what we do not know
    summary = models.BinaryField()  # sealed, see summaries.Summary
    uid_digest = models.BinaryField(max_length=16)  # keyed, of the card's UID
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["address_book", "uid"], name="one_contact_per_number"),
            models.UniqueConstraint(fields=["address_book", "uid_digest"], name="one_contact_per_uid"),
            models.UniqueConstraint(fields=["mailbox", "key"], name="one_contact_per_key"),
        ]
        indexes: ClassVar = [models.Index(fields=["address_book", "modseq"], name="contact_by_modseq")]


class ContactAddress(models.Model):
    """A mail address of a contact, as the keyed digest that correspondents have, too."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="addresses")
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=16)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "digest", "contact"], name="one_digest_per_contact")
        ]


class ContactUndo(models.Model):
    """What contacts were before an act, for taking it back within a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+")
    modseq = models.PositiveBigIntegerField()  # of the act
    before = models.BinaryField()  # sealed, see writing.undo
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["mailbox", "created_at"], name="contact_undo_by_age")]


class PendingImport(models.Model):
    """A file somebody uploaded and has not imported yet: they are looking at the preview."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+")
    file = models.BinaryField()  # sealed
    created_at = models.DateTimeField(auto_now_add=True)
