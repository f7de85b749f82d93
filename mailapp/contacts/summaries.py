"""What lists, completion and duplicates ask of every contact: small, sealed beside the whole card."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from uuid import UUID

from mailapp.contacts import cards
from mailapp.contacts.vcards import Card
from workmail.keys.mailbox_keys import MailboxKeys

_MOST_OF_EACH = 50
_MOST_MEMBERS = 5_000
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of one card. ``members`` are UIDs or ``mailto:`` addresses."""

    uid: str
    name: str
    sort_name: str
    nickname: str = ""
    organization: str = ""
    title: str = ""
    addresses: tuple[str, ...] = ()  # the preferred one first
    phones: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()
    is_group: bool = False
    has_photo: bool = False

    @property
    def detail(self) -> str:
        """A second line under the name."""
        parts = [part for part in (self.title, self.organization) if part]
        if parts:
            return ", ".join(parts)
        return next((text for text in (*self.addresses, *self.phones) if text != self.name), "")


def of(card: Card) -> Summary:
    def several(name: str) -> tuple[str, ...]:
        found = cards.preferred_first(cards.entries(card, name))
        return tuple(entry.value[:_LONGEST] for entry in found[:_MOST_OF_EACH])

    photo = card.first("PHOTO")
    return Summary(
        uid=cards.uid(card)[:_LONGEST],
        name=cards.display_name(card)[:_LONGEST],
        sort_name=cards.sort_name(card)[:_LONGEST],
        nickname=cards.text(card, "NICKNAME")[:_LONGEST],
        organization=cards.text(card, "ORG")[:_LONGEST],
        title=cards.text(card, "TITLE")[:_LONGEST],
        addresses=several("EMAIL"),
        phones=several("TEL"),
        categories=tuple(cards.categories(card)[:_MOST_OF_EACH]),
        members=tuple(cards.members(card)[:_MOST_MEMBERS]),
        distinct=tuple(each.value for each in card.all(cards.DISTINCT)),
        is_group=cards.is_group(card),
        has_photo=photo is not None and photo.value.startswith("data:"),
    )


def seal(keys: MailboxKeys, key: UUID, summary: Summary) -> bytes:
    values = {name: value for name, value in asdict(summary).items() if value}
    octets = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return keys.seal(octets, b"contact summary " + key.bytes)


def unseal(keys: MailboxKeys, key: UUID, sealed: bytes) -> Summary:
    values: Mapping[str, Any] = json.loads(keys.unseal(sealed, b"contact summary " + key.bytes))
    known = {each.name for each in fields(Summary)}
    given = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in known
    }
    return Summary(**({"uid": "", "name": "", "sort_name": ""} | given))


def seal_card(keys: MailboxKeys, key: UUID, text: str) -> bytes:
    return keys.seal(zlib.compress(text.encode("utf-8", "surrogatepass")), b"contact " + key.bytes)


def unseal_card(keys: MailboxKeys, key: UUID, sealed: bytes) -> str:
    return zlib.decompress(keys.unseal(sealed, b"contact " + key.bytes)).decode("utf-8", "surrogatepass")
