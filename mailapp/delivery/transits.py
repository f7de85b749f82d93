"""A transit in the hands of a process: its row with envelope, results and content readable."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from mailapp.delivery import envelope as envelopes
from mailapp.delivery.authentication.results import Authentication
from mailapp.delivery.envelope import Envelope
from mailapp.delivery.leases import Lease
from mailapp.delivery.models import Delivery, Transit
from mailapp.store import contents
from mailapp.store.appending import Prepared, prepare_existing
from mailapp.store.models import Content
from workmail.directory.addresses import Resolved, resolve_many
from workmail.keys import spool

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Results:
    """What the stages found out. Kept with the transit, so that a later attempt need not ask again."""

    authentication: Authentication | None = None
    is_junk: bool = False
    prefix: bytes = b""  # header fields that belong in front of the message for everybody: DKIM-Signature
    note: str = ""  # why it waits or where it ended, for the trace

    def dump(self) -> bytes:
        values: dict[str, object] = {}
        if self.authentication is not None:
            values["authentication"] = self.authentication.to_json()
        if self.is_junk:
            values["is_junk"] = True
        if self.prefix:
            values["prefix"] = self.prefix.decode("latin-1")
        if self.note:
            values["note"] = self.note
        return json.dumps(values, separators=(",", ":")).encode()

    @classmethod
    def load(cls, octets: bytes) -> "Results":
        values = json.loads(octets)
        authentication = values.get("authentication")
        return cls(
            authentication=None if authentication is None else Authentication.from_json(authentication),
            is_junk=values.get("is_junk", False),
            prefix=values.get("prefix", "").encode("latin-1"),
            note=values.get("note", ""),
        )


def new_row(
    *,
    organization_id: str,
    direction: str,
    content: Content,
    content_key: bytes,
    envelope: Envelope,
    trace_id: str,
    results: Results | None = None,
    hold_until: datetime | None = None,
) -> Transit:
    """Make the row of a message that is about to be accepted; the caller saves it."""
    row = Transit(
        organization_id=organization_id,
        direction=direction,
        content=content,
        size_bytes=content.size_bytes,
        trace_id=trace_id,
        hold_until=hold_until,
    )
    if hold_until is not None:
        row.next_attempt_at = hold_until
    row.content_key = spool.seal(content_key, b"content key " + row.pk.bytes)
    row.envelope = spool.seal(envelopes.dump(envelope), b"envelope " + row.pk.bytes)
    if results is not None:
        row.results = spool.seal(results.dump(), b"results " + row.pk.bytes)
    return row


# So many local deliveries are written together with their messages: more would hold the database for too long.
MOST_STORED_AT_ONCE = 5


class OpenTransit:
    """A leased transit. Reading content happens when somebody asks for it, and once."""

    def __init__(self, row: Transit, lease: Lease | None = None) -> None:
        self.row = row
        self.lease = lease
        self.deliveries: list[Delivery] | None = None  # once expanded
        self.ready: list[Any] = []  # what storing has prepared, one for each delivery
        self.resolved: dict[str, Resolved] | None = None  # its recipients, when somebody has looked them up already
        self.retry_at: datetime | None = None  # when something has to be tried again

    @classmethod
    def load(cls, transit_id: UUID, lease: Lease | None = None) -> "OpenTransit":
        return cls(Transit.objects.select_related("content", "organization").get(pk=transit_id), lease)

    @property
    def id(self) -> UUID:
        return self.row.pk

    @cached_property
    def envelope(self) -> Envelope:
        return envelopes.load(spool.unseal(bytes(self.row.envelope), b"envelope " + self.row.pk.bytes))

    @cached_property
    def results(self) -> Results:
        if not self.row.results:
            return Results()
        return Results.load(spool.unseal(bytes(self.row.results), b"results " + self.row.pk.bytes))

    def sealed_results(self) -> bytes:
        return spool.seal(self.results.dump(), b"results " + self.row.pk.bytes)

    @cached_property
    def content_key(self) -> bytes:
        return spool.unseal(bytes(self.row.content_key), b"content key " + self.row.pk.bytes)

    @cached_property
    def raw(self) -> bytes:
        """The message as it was accepted. Raises OSError when the blob store does not answer."""
        assert self.row.content is not None, "a finished transit has no content any more"
        return contents.read(self.row.content, self.content_key)

    @cached_property
    def prepared(self) -> Prepared:
        assert self.row.content is not None
        return prepare_existing(self.row.content, self.content_key, self.raw)

    def resolve(self, address: str) -> Resolved | None:
        """Return who has the address of one of the envelope's recipients."""
        if self.resolved is None:
            self.resolved = resolve_many(recipient.address for recipient in self.envelope.recipients)
        return self.resolved.get(address)

    @property
    def can_be_stored_at_once(self) -> bool:
        """Whether its deliveries can be written and done in one transaction: a few, all local, none there yet."""
        return (
            not self.row.is_expanded
            and self.deliveries is not None
            and len(self.deliveries) <= MOST_STORED_AT_ONCE
            and all(delivery.kind == Delivery.Kind.LOCAL for delivery in self.deliveries)
        )

    @property
    def is_submission(self) -> bool:
        return self.row.direction == Transit.Direction.SUBMISSION

    def check_lease(self) -> None:
        """Raises LeaseLost when another process may be at work."""
        if self.lease is not None:
            self.lease.check()

    def try_again_in(self, wait: timedelta) -> None:
        """Let the pipeline run again after ``wait``, or sooner when something else asks for it."""
        again = timezone.now() + wait
        self.retry_at = again if self.retry_at is None else min(self.retry_at, again)


def settle(transit_id: UUID, *, lease: Lease | None, retry_at: datetime | None = None, **changes: object) -> str:
    """Write down what is left to do for a transit, and let go of it. Returns its new state.

    Its row is locked first: of two processes that finish its last two deliveries at once, the second sees both.
    """
    with transaction.atomic():
        row = Transit.objects.select_for_update().get(pk=transit_id)
        if row.state not in Transit.OPEN:
            return row.state
        is_mine = lease is not None and row.lease_holder == lease.holder
        if not is_mine and row.lease_until is not None and row.lease_until > timezone.now():
            return row.state  # somebody is at work on it and will settle it
        open_kinds = set(row.deliveries.filter(state__in=Delivery.OPEN).values_list("kind", flat=True).distinct())
        if not row.is_expanded or open_kinds - {Delivery.Kind.REMOTE}:
            row.state = Transit.State.WAITING
        elif open_kinds:
            row.state = Transit.State.SENDING
        else:
            close(row)
        if is_mine:
            row.lease_until = row.lease_holder = None
            if row.state == Transit.State.WAITING:
                row.next_attempt_at = retry_at or timezone.now() + timedelta(minutes=1)
        for name, value in changes.items():
            setattr(row, name, value)
        row.save()
    return row.state


def close(row: Transit, state: str = Transit.State.DONE) -> None:
    """Mark the transit as finished and let go of its content; the caller saves the row in its transaction."""
    release_content(row)
    for name, value in closing_changes(state).items():
        setattr(row, name, value)


def closing_changes(state: str = Transit.State.DONE) -> dict[str, object]:
    """Return what a finished transit looks like."""
    return {"state": state, "finished_at": timezone.now(), "content": None, "content_key": b""}


def release_content(row: Transit) -> None:
    """Tell the store's sweep that one reference to the content goes away."""
    if row.content_id is not None:
        Content.objects.filter(pk=row.content_id).update(released_at=timezone.now())
