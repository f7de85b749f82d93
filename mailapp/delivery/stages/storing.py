"""Put the message into the mailboxes of its local recipients, each exactly once.

Storing the message and marking the delivery is one transaction that holds the delivery's row, so whatever else happens
(two workers, a worker killed between any two statements) there is one message for one recipient, or none yet.
"""

import logging
from datetime import timedelta

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
from mailapp.delivery.stages import expansion
from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict
from mailapp.store import appending
from mailapp.store.models import Folder
from workmail.errors import KeyUnavailable, NotFound, OverQuota

logger = logging.getLogger(__name__)

KEY_WAIT = timedelta(minutes=1)  # mail waits for its organization's key as long as that takes


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
    try:
        with transaction.atomic():
            for delivery, ready in zip(transit.deliveries, transit.ready, strict=True):
                if isinstance(ready, Reply):
                    _note(delivery, ready)
                elif ready is not None:
                    _append(transit, delivery, *ready)
            if not expansion.mark_expanded(transit):
                raise _Overtaken
            Delivery.objects.bulk_create(transit.deliveries)
    except _Overtaken:
        transit.ready = []
        expansion.read(transit)
        return False
    return True


class _Overtaken(Exception):
    """Another worker has written the deliveries of this transit: nothing of ours may stay."""


def _append(transit: OpenTransit, delivery: Delivery, folder: OpenFolder, sealed: appending.Sealed) -> None:
    try:
        appending.append(folder, [sealed])
    except OverQuota:
        _note(delivery, _reply_when_full(transit, delivery))
    else:
        deliveries.mark_done(delivery, wants_report=addressee_of(delivery).wants(Notify.SUCCESS))


def _note(delivery: Delivery, reply: Reply) -> None:
    if reply.is_permanent:
        deliveries.mark_failed(delivery, reply)
    else:
        deliveries.mark_deferred(delivery, reply)


def _deliver(transit: OpenTransit, delivery: Delivery) -> None:
    ready = _prepare(transit, delivery)
    if not isinstance(ready, Reply):
        try:
            _store(delivery, *ready)
            return
        except OverQuota:
            ready = _reply_when_full(transit, delivery)
    if ready.is_permanent:
        deliveries.fail(delivery, ready)
    else:
        deliveries.defer(delivery, ready)


def _prepare(transit: OpenTransit, delivery: Delivery) -> tuple[OpenFolder, appending.Sealed] | Reply:
    """Do everything slow: open the mailbox, parse (once for all recipients), seal the row. Or say why that fails."""
    try:
        if delivery.mailbox_id is None:
            raise NotFound
        folder = at_hand.folder(delivery.mailbox_id, Folder.Role.JUNK if transit.results.is_junk else Folder.Role.INBOX)
        authentication = transit.results.authentication
        sealed = appending.seal(
            folder.keys,
            transit.prepared,
            internal_date=transit.row.hold_until or transit.envelope.received,
            authentication=authentication.codes() if authentication else None,
            trace=_trace(transit, delivery),
        )
    except KeyUnavailable:
        transit.try_again_in(KEY_WAIT)
        return Reply("4.3.5", "The organization's key is not available")
    except NotFound:
        return Reply("5.2.1", "The mailbox is gone")
    return folder, sealed


def _trace(transit: OpenTransit, delivery: Delivery) -> bytes:
    """Return what stands in front of the message in this mailbox (RFC 5321 §4.4, RFC 8601)."""
    trace = trace_fields.return_path(transit.envelope.reverse_path)
    trace += trace_fields.delivered_to(addressee_of(delivery).address)
    if transit.results.authentication is not None:
        trace += results.field(transit.results.authentication, settings.MAIL_HOST_NAME)
    return trace + transit.results.prefix


@transaction.atomic
def _store(delivery: Delivery, folder: OpenFolder, sealed: appending.Sealed) -> None:
    if deliveries.lock(delivery):  # else another worker was faster
        appending.append(folder, [sealed])
        deliveries.finish(delivery, wants_report=addressee_of(delivery).wants(Notify.SUCCESS))


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
