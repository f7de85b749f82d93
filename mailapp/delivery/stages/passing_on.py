"""Passing a message on because its recipient's rules say so: a transit of its own, as an intention.

It is written in the transaction that stores the message, so that it goes out once, or not yet. ``redirect`` sends the
message itself with Resent fields in front (RFC 5322 §3.6.6), ``forward`` a new message of the owner that carries it.
Both bear a mark; a message that comes back with the owner's mark is stored and goes no further.
"""

import contextlib
import logging
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox
from mailapp.delivery import announcing, header_fields, quotas
from mailapp.delivery.envelope import Envelope, Recipient
from mailapp.delivery.models import Transit
from mailapp.delivery.stages.handing_over import domains_of
from mailapp.delivery.stages.limits import MOST_HOPS, MOST_HOUSE_HOPS
from mailapp.delivery.transits import OpenTransit, Results, new_row
from mailapp.mime import writing
from mailapp.mime.compose import Outgoing, OutgoingAttachment, compose
from mailapp.mime.headers import fold
from mailapp.mime.model import InvalidField, ParsedMessage, Person
from mailapp.rules.definition import Kind
from mailapp.rules.evaluation import Step
from mailapp.rules.models import Rule
from mailapp.store import contents
from mailapp.store.contents import WrittenContent
from workmail.accounts import preferences
from workmail.directory import addresses
from workmail.directory.models import Entity
from workmail.errors import LimitExceeded
from workmail.ui import formats

logger = logging.getLogger(__name__)

MARK = "X-Loop"
MOST_ADDRESSES = 10  # of one message and one owner, whatever the number of rules
_MOST_TEXT_CHARACTERS = 50_000


@dataclass(slots=True)
class PassedOn:
    """One message to one address, ready to be written down; ``written`` if it has a content of its own."""

    rule_id: UUID | None
    row: Transit
    user_id: str
    external_count: int
    written: WrittenContent | None = None


def prepare(transit: OpenTransit, mailbox: OpenMailbox, steps: list[Step], problems: dict[UUID, str]) -> list[PassedOn]:
    """Do what is slow, outside of any transaction. ``problems`` takes what a rule could not do."""
    owner: Entity = mailbox.mailbox.entity
    if not steps or not owner.addr_spec or _goes_in_circles(transit, owner):
        return []
    wanted: dict[tuple[Kind, str], tuple[Step, str]] = {}
    for step in steps:
        for address in step.action.addresses:
            wanted.setdefault((step.action.kind, addresses.fold(address)), (step, address))
    prepared = []
    for step, address in list(wanted.values())[:MOST_ADDRESSES]:
        if step.action.kind is Kind.REDIRECT:
            prepared.append(_redirect(transit, owner, step, address))
        elif not transit.envelope.is_from_nobody:  # a report about a forward must not be forwarded
            forwarded = _forward(transit, owner, step, address, problems)
            if forwarded is not None:
                prepared.append(forwarded)
    return prepared


def save(prepared: list[PassedOn], problems: dict[UUID, str]) -> list[PassedOn]:
    """Write the rows inside the caller's transaction, as far as the day's limits go; returns what was left out."""
    left_out = []
    for each in prepared:
        try:
            with transaction.atomic():
                quotas.spend(each.user_id, each.row.organization_id, each.external_count)
                write(each)
        except LimitExceeded:
            left_out.append(each)
            if each.rule_id is not None:
                problems[each.rule_id] = Rule.Problem.LIMIT
    return left_out


def write(each: PassedOn) -> None:
    if each.written is not None:
        each.written.content.save(force_insert=True)
    each.row.save(force_insert=True)
    announcing.after_commit(each.row)


@contextlib.contextmanager
def in_words_of(owner: Entity) -> Iterator[None]:
    """Let texts be in the owner's language and times in the owner's zone."""
    user = getattr(owner, "user", None)
    language = preferences.of(user).language if user is not None else ""
    zone = preferences.time_zone_of(user) if user is not None else settings.DEFAULT_TIME_ZONE
    with translation.override(language or owner.organization.language), timezone.override(zone):
        yield


def _goes_in_circles(transit: OpenTransit, owner: Entity) -> bool:
    """The mark is looked for in the whole message: a program elsewhere may have wrapped what we had passed on."""
    if transit.envelope.hops >= MOST_HOUSE_HOPS or header_fields.count(transit.raw, "received") > MOST_HOPS:
        return True
    mark = re.compile(rb"^%s:[ \t]*%s[ \t]*\r?$" % (MARK.encode(), re.escape(owner.addr_spec.encode())), re.I | re.M)
    return bool(mark.search(transit.results.prefix) or mark.search(transit.raw))


def _external_count(address: str) -> int:
    """Return 1 for an address that is not of this house."""
    is_here = addresses.resolve(address) is not None or addresses.local_domain(address.rpartition("@")[2]) is not None
    return 0 if is_here else 1


def _redirect(transit: OpenTransit, owner: Entity, step: Step, address: str) -> PassedOn:
    """RFC 5228 §4.2: reports go to the owner, who asked for this; the null reverse path stays null."""
    assert transit.row.content is not None
    envelope = transit.envelope
    vouched = domains_of(transit.row.organization_id) if transit.is_submission else envelope.user_domains
    resent = (
        fold("Resent-Date", format_datetime(datetime.now(UTC)))
        + writing.people_field("Resent-From", (Person(str(owner), owner.addr_spec),))
        + writing.people_field("Resent-To", (Person("", address),))
        + fold("Resent-Message-ID", writing.new_message_id(owner.addr_spec.rpartition("@")[2]))
        + fold(MARK, owner.addr_spec)
    )
    row = new_row(
        organization_id=transit.row.organization_id,
        direction=Transit.Direction.INBOUND,  # nobody here is its author: it is not signed
        content=transit.row.content,
        content_key=transit.content_key,
        envelope=replace(
            envelope,
            reverse_path=owner.addr_spec if envelope.reverse_path else "",
            recipients=(Recipient(address),),
            user_id=str(owner.pk),
            user_domains=vouched,
            external_count=0,
            hops=envelope.hops + 1,
            ret="",
            envid="",
        ),
        trace_id=uuid.uuid4().hex,
        results=Results(authentication=transit.results.authentication, prefix=resent + transit.results.prefix),
    )
    return PassedOn(step.rule_id, row, str(owner.pk), _external_count(address))


def _forward(
    transit: OpenTransit, owner: Entity, step: Step, address: str, problems: dict[UUID, str]
) -> PassedOn | None:
    try:
        raw = _forwarding(transit, owner, address)
    except InvalidField:  # an address that no header can carry
        logger.exception("Transit %s cannot be forwarded", transit.id)
        return None
    if len(raw) > settings.SMTP_MAX_MESSAGE_BYTES:
        problems[step.rule_id] = Rule.Problem.TOO_BIG
        return None
    return originated(transit, owner, raw, address, rule_id=step.rule_id, reverse_path=owner.addr_spec)


def originated(
    transit: OpenTransit, owner: Entity, raw: bytes, address: str, *, rule_id: UUID | None, reverse_path: str
) -> PassedOn:
    """Make the content of a new message durable, and its row.

    Raises:
        OSError: The blob store is full or away.
    """
    written = contents.write(raw)
    envelope = Envelope(
        reverse_path=reverse_path,
        recipients=(Recipient(address),),
        protocol="LOCAL",
        user_id=str(owner.pk),
        hops=transit.envelope.hops + 1,
    )
    row = new_row(
        organization_id=transit.row.organization_id,
        direction=Transit.Direction.SUBMISSION,
        content=written.content,
        content_key=written.key,
        envelope=envelope,
        trace_id=uuid.uuid4().hex,
    )
    return PassedOn(rule_id, row, str(owner.pk), _external_count(address), written)


def _forwarding(transit: OpenTransit, owner: Entity, address: str) -> bytes:
    parsed = transit.prepared.parsed
    marks = [*header_fields.bodies(transit.results.prefix + transit.raw, MARK.lower()), owner.addr_spec]
    with in_words_of(owner):
        outgoing = Outgoing(
            from_=Person(str(owner), owner.addr_spec),
            to=(Person("", address),),
            subject=f"Fwd: {parsed.subject}",
            text=_text(parsed, owner),
            references=(*parsed.references, *filter(None, (parsed.message_id,))),
            attachments=(OutgoingAttachment(f"{_('message')}.eml", "message/rfc822", transit.raw),),
            extra_fields=(
                ("Auto-Submitted", "auto-generated"),
                *((MARK, mark) for mark in dict.fromkeys(marks[-MOST_HOUSE_HOPS:]) if mark.isprintable()),
            ),
        )
        return compose(outgoing)


def _text(parsed: ParsedMessage, owner: Entity) -> str:
    lines = [_("A rule of {name} has forwarded this message. It is attached as it arrived.").format(name=owner), ""]
    author = parsed.from_[0] if parsed.from_ else Person("", "")
    for label, value in (
        (_("From: {value}"), f"{author.display_name} <{author.addr_spec}>".strip()),
        (_("Date: {value}"), formats.date_and_time(parsed.sent_at) if parsed.sent_at else ""),
        (_("Subject: {value}"), parsed.subject),
    ):
        if value:
            lines.append(label.format(value=value))
    return "\n".join([*lines, "", parsed.text[:_MOST_TEXT_CHARACTERS]])
