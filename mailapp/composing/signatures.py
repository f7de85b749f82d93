"""Signatures: what a person puts below their messages, and which address begins new messages and answers with which.

A signature is sealed HTML; its plain text is derived. In a message it is ordinary text: it is found again by what it
says, never by a mark. So it can be exchanged while the writer left it alone, and stays theirs once they changed it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox, Right
from mailapp.composing import building, kept
from mailapp.composing.models import Signature, SignatureChoice
from mailapp.composing.state import Fields, Manner, has_content
from mailapp.mime import sanitize
from workmail.directory.addresses import fold
from workmail.errors import Invalid, NotFound

LONGEST_HTML: Final = 20_000
# RFC 3676 §4.3: what mail programs know a signature by, in plain text.
SEPARATOR: Final = "-- "


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature, readable."""

    id: UUID
    name: str
    html: str

    @property
    def text(self) -> str:
        return building.text_of(self.html).strip("\n")

    @property
    def plain(self) -> str:
        """As it stands in a plain message."""
        return f"{SEPARATOR}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What messages from one address begin with: ids of signatures, or none."""

    for_new: UUID | None = None
    for_answers: UUID | None = None

    def of(self, manner: Manner) -> UUID | None:
        return self.for_new if manner is Manner.NEW else self.for_answers


# --- Keeping them ----------------------------------------------------------------------------------------------


def listed(mailbox: OpenMailbox) -> list[Signed]:
    """Return all of the mailbox's, by name: one statement."""
    found = (_opened(mailbox, row) for row in kept.rows(Signature, mailbox))
    return sorted(found, key=lambda signed: (signed.name.casefold(), signed.id))


def get(mailbox: OpenMailbox, signature_id: UUID) -> Signed:
    """Raises NotFound for one that is not of this mailbox."""
    return _opened(mailbox, kept.row(Signature, mailbox, signature_id))


def save(mailbox: OpenMailbox, name: str, html: str, *, signature_id: UUID | None = None) -> Signed:
    """Keep a signature: a new one, or another version of the one with this id.

    Raises:
        Invalid: No name, nothing in it, or too much.
        Forbidden, NotFound, LimitExceeded: See ``kept.save``.
    """
    name = kept.clean_name(name)
    html = sanitize.sanitize_for_editor(html.replace("\0", ""), inline={})
    if not has_content(html):
        raise Invalid(_("Write what the signature says."), field="text")
    if len(html) > LONGEST_HTML:
        raise Invalid(_("This signature is too long. Make it shorter."), field="text")
    saved_id = kept.save(Signature, mailbox, {"name": name, "html": html}, signature_id)
    return Signed(saved_id, name, html)


# --- Which address uses which ----------------------------------------------------------------------------------


def choices(mailbox: OpenMailbox) -> dict[str, Choice]:
    """Return what each address of the owner begins with, by address as it is written."""
    mailbox.require(Right.READ)
    rows = {bytes(row.address_digest): row for row in SignatureChoice.objects.filter(mailbox=mailbox.mailbox)}
    found: dict[str, Choice] = {}
    for person in building.own_people(mailbox):
        row = rows.get(_digest(mailbox, person.addr_spec))
        found[person.addr_spec] = Choice(row.for_new_id, row.for_answers_id) if row else Choice()
    return found


def choose(mailbox: OpenMailbox, chosen: Mapping[str, Choice]) -> None:
    """Say what some addresses begin with; the others keep what they have.

    Raises:
        Invalid: An address is none of the owner's.
        NotFound: A signature is none of the owner's.
    """
    mailbox.require(Right.CREATE)
    own = {fold(person.addr_spec) for person in building.own_people(mailbox)}
    if not {fold(address) for address in chosen} <= own:
        raise Invalid(_("You may not send with this address. Choose one of your own addresses."))
    named = {held for choice in chosen.values() for held in (choice.for_new, choice.for_answers) if held}
    digests = {address: _digest(mailbox, address) for address in chosen}
    with transaction.atomic():
        known = kept.rows(Signature, mailbox).select_for_update().filter(pk__in=named)
        if {row.pk for row in known} != named:
            raise NotFound
        for address, choice in chosen.items():
            SignatureChoice.objects.update_or_create(
                mailbox=mailbox.mailbox,
                address_digest=digests[address],
                defaults={"for_new_id": choice.for_new, "for_answers_id": choice.for_answers},
            )


def default_for(mailbox: OpenMailbox, address: str, manner: Manner) -> Signed | None:
    """Return what a message from this address begins with."""
    row = SignatureChoice.objects.filter(
        mailbox=mailbox.mailbox, address_digest=_digest(mailbox, address)
    ).select_related("for_new", "for_answers")
    for found in row:
        chosen = found.for_new if manner is Manner.NEW else found.for_answers
        if chosen is not None and chosen.deleted_at is None:
            return _opened(mailbox, chosen)
    return None


# --- In a message ----------------------------------------------------------------------------------------------


def begin_with(mailbox: OpenMailbox, fields: Fields, manner: Manner) -> Fields:
    """Return the fields with the signature that the address begins with."""
    address = building.author(mailbox, fields).addr_spec
    return exchange(fields, None, default_for(mailbox, address, manner))


def named(mailbox: OpenMailbox, signature_id: str) -> Signed | None:
    """Return the signature that a draft or a form names; None for none, or one that is gone."""
    try:
        return get(mailbox, UUID(signature_id))
    except (ValueError, NotFound):
        return None


def exchange(fields: Fields, old: Signed | None, new: Signed | None) -> Fields:
    """Put ``new`` where ``old`` is, at the end if there was none.

    A signature that the writer changed is text like any other: it stays, and the new one is not put beside it.
    """
    if old is None:
        return _put(fields, new)
    body, text = (fields.text, old.plain) if fields.is_plain else (fields.html, old.html)
    before, found, after = body.rpartition(text)
    if not found:
        return fields
    if new is None:
        body = f"{before.rstrip()}{after}" if fields.is_plain else f"{before}{after}"
    else:
        body = f"{before}{new.plain if fields.is_plain else new.html}{after}"
    return _with(fields, body, str(new.id) if new else "")


def own_text(mailbox: OpenMailbox, fields: Fields) -> str:
    """Return what the writer wrote, without the signature: what a disclaimer says is not what the writer says."""
    text = building.own_text(fields)
    signed = named(mailbox, fields.signature) if fields.signature else None
    if signed is None:
        return text
    before, found, after = text.rpartition(signed.text)
    return f"{before}{after}" if found else text


def _put(fields: Fields, new: Signed | None) -> Fields:
    if new is None:
        return fields
    if fields.is_plain:
        return _with(fields, f"{fields.text.rstrip()}\n\n{new.plain}", str(new.id))
    return _with(fields, f"{fields.html or '<p></p>'}{new.html}", str(new.id))


def _with(fields: Fields, body: str, signature: str) -> Fields:
    if fields.is_plain:
        return replace(fields, text=body, signature=signature)
    return replace(fields, html=body, signature=signature)


def _opened(mailbox: OpenMailbox, row: Signature) -> Signed:
    held = kept.opened(mailbox, row)
    return Signed(row.pk, held["name"], held["html"])


def _digest(mailbox: OpenMailbox, address: str) -> bytes:
    return mailbox.keys.digest(f"signature of {fold(address)}")
