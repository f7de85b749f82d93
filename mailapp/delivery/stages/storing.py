"""Put the message into the mailboxes of its local recipients, each exactly once.

Storing the message and marking the delivery is one transaction that holds the delivery's row, so whatever else happens
(two workers, a worker killed between any two statements) there is one message for one recipient, or none yet. What the
recipient's rules want with it (copies, forwards, an automatic reply) is written in the same transaction.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mailapp.access import OpenFolder
from mailapp.delivery import at_hand, deliveries, trace_fields
from mailapp.delivery.authentication import results
from mailapp.delivery.backoff import next_attempt_at
from mailapp.delivery.deliveries import addressee_of
from mailapp.delivery.envelope import Notify
from mailapp.delivery.models import Delivery
from mailapp.delivery.replies import Reply
from mailapp.delivery.stages import expansion, filing, judging
from mailapp.delivery.stages.filing import Filed
from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict
from mailapp.junk.judging import KEYWORD
from mailapp.rules.models import Rule
from mailapp.store import appending, muting
from mailapp.store.appending import Flags
from mailapp.store.models import Folder
from workmail.errors import KeyUnavailable, NotFound, OverQuota

logger = logging.getLogger(__name__)

KEY_WAIT = timedelta(minutes=1)  # mail waits for its organization's key as long as that takes


@dataclass(slots=True)
class Ready:
    """One delivery with everything slow done."""

    filed: Filed
    message: appending.Sealed
    copies: list[tuple[UUID, OpenFolder, appending.Sealed]] = field(default_factory=list)  # by rule


def deliver_to_each(transit: OpenTransit) -> Verdict | None:
    transit.check_lease()
    if transit.can_be_stored_at_once and _store_at_once(transit):
        return None
    assert transit.deliveries is not None
    for delivery in transit.deliveries:
        if delivery.kind == Delivery.Kind.LOCAL and delivery.state in Delivery.OPEN:
            transit.check_lease()
            _deliver(transit, delivery)
    return None


def make_ready(transit: OpenTransit) -> None:
    """Do everything slow for the deliveries that are stored at once, so that their transaction holds only rows."""
    assert transit.deliveries is not None
    if len(transit.ready) != len(transit.deliveries):
        transit.ready = [_prepare(transit, d) if d.state in Delivery.OPEN else None for d in transit.deliveries]


def _store_at_once(transit: OpenTransit) -> bool:
    """Write deliveries and messages in one transaction; False when somebody else has written the deliveries."""
    assert transit.deliveries is not None
    make_ready(transit)
    prepared = [ready for ready in transit.ready if isinstance(ready, Ready)]
    try:
        with transaction.atomic():
            stored = []
            for delivery, ready in zip(transit.deliveries, transit.ready, strict=True):
                if isinstance(ready, Reply):
                    _note(delivery, ready)
                elif ready is not None and _append(transit, delivery, ready):
                    stored.append(ready)
            if not expansion.mark_expanded(transit):
                raise _Overtaken
            Delivery.objects.bulk_create(transit.deliveries)
            # Last, for the counts of the day belong to the whole organization: nobody waits for a mailbox with them.
            for ready in stored:
                filing.save(ready.filed)
        for ready in prepared:
            if ready not in stored:
                filing.discard(ready.filed)
    except _Overtaken:
        for ready in prepared:
            filing.discard(ready.filed)
        transit.ready = []
        expansion.read(transit)
        return False
    return True


class _Overtaken(Exception):
    """Another worker has written the deliveries of this transit: nothing of ours may stay."""


def _append(transit: OpenTransit, delivery: Delivery, ready: Ready) -> bool:
    try:
        _put(ready)
    except OverQuota:
        _note(delivery, _reply_when_full(transit, delivery))
        return False
    deliveries.mark_done(delivery, wants_report=addressee_of(delivery).wants(Notify.SUCCESS))
    return True


def _put(ready: Ready) -> None:
    """Write the message and its copies, in the caller's transaction. A copy without room is not worth a refusal."""
    appending.append(ready.filed.folder, [ready.message])
    for rule_id, folder, copy in ready.copies:
        try:
            appending.append(folder, [copy])
        except OverQuota:
            ready.filed.problems[rule_id] = Rule.Problem.FULL


def _note(delivery: Delivery, reply: Reply) -> None:
    if reply.is_permanent:
        deliveries.mark_failed(delivery, reply)
    else:
        deliveries.mark_deferred(delivery, reply)


def _deliver(transit: OpenTransit, delivery: Delivery) -> None:
    ready = _prepare(transit, delivery)
    if not isinstance(ready, Reply):
        try:
            _store(delivery, ready)
            return
        except OverQuota:
            filing.discard(ready.filed)
            ready = _reply_when_full(transit, delivery)
    if ready.is_permanent:
        deliveries.fail(delivery, ready)
    else:
        deliveries.defer(delivery, ready)


def _prepare(transit: OpenTransit, delivery: Delivery) -> Ready | Reply:
    """Do everything slow: open the mailbox, parse (once for all recipients), ask the rules, seal. Or say why not."""
    try:
        if delivery.mailbox_id is None:
            raise NotFound
        folder = at_hand.folder(delivery.mailbox_id, Folder.Role.JUNK if transit.results.is_junk else Folder.Role.INBOX)
        looks_like_junk = judging.looks_like_junk(transit, folder)
        if looks_like_junk:
            folder = at_hand.folder(delivery.mailbox_id, Folder.Role.JUNK)
        filed = filing.decide(transit, folder)
        if looks_like_junk:
            filed.flags = Flags(keywords=(KEYWORD,))
        trace = _trace(transit, delivery)
        ready = Ready(filed, _seal(transit, filed, trace))
        filed.folder = muting.place(filed.folder, ready.message)
        ready.copies = [(rule_id, target, _seal(transit, filed, trace)) for rule_id, target in filed.copies]
    except KeyUnavailable:
        transit.try_again_in(KEY_WAIT)
        return Reply("4.3.5", "The organization's key is not available")
    except NotFound:
        return Reply("5.2.1", "The mailbox is gone")
    return ready


def _seal(transit: OpenTransit, filed: Filed, trace: bytes) -> appending.Sealed:
    authentication = transit.results.authentication
    return appending.seal(
        filed.folder.keys,
        transit.prepared,
        flags=filed.flags,
        internal_date=transit.row.hold_until or transit.envelope.received,
        authentication=authentication.codes() if authentication else None,
        trace=trace,
    )


def _trace(transit: OpenTransit, delivery: Delivery) -> bytes:
    """Return what stands in front of the message in this mailbox (RFC 5321 §4.4, RFC 8601)."""
    trace = trace_fields.return_path(transit.envelope.reverse_path)
    trace += trace_fields.delivered_to(addressee_of(delivery).address)
    if transit.results.authentication is not None:
        trace += results.field(transit.results.authentication, settings.MAIL_HOST_NAME)
    return trace + transit.results.prefix


def _store(delivery: Delivery, ready: Ready) -> None:
    with transaction.atomic():
        is_mine = deliveries.lock(delivery)
        if is_mine:
            _put(ready)
            deliveries.finish(delivery, wants_report=addressee_of(delivery).wants(Notify.SUCCESS))
            filing.save(ready.filed)
    if not is_mine:  # another worker was faster
        filing.discard(ready.filed)


def _reply_when_full(transit: OpenTransit, delivery: Delivery) -> Reply:
    """A full mailbox gets its mail when there is room again, for as long as a remote host would be waited for."""
    now = timezone.now()
    again = next_attempt_at(
        delivery.attempts + 1,
        now,
        delivery.first_tried_at or now,
        give_up_after=settings.OUTBOUND_GIVE_UP_AFTER,
    )
    if again is None:
        return Reply("5.2.2", "The mailbox is full")
    transit.try_again_in(again - now)
    return Reply("4.2.2", "The mailbox is full")
