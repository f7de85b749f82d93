"""Put the message into the mailboxes of its local recipients, each exactly once.

Storing the message and marking the delivery is one transaction that holds the delivery's row, so whatever else happens
(two workers, a worker killed between any two statements) there is one message for one recipient, or none yet.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mailapp import access
from mailapp.access import OpenFolder
from mailapp.delivery import deliveries, trace_fields
from mailapp.delivery.authentication import results
from mailapp.delivery.backoff import next_attempt_at
from mailapp.delivery.deliveries import addressee_of
from mailapp.delivery.envelope import Notify
from mailapp.delivery.models import Delivery
from mailapp.delivery.replies import Reply
from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict
from mailapp.store import appending
from mailapp.store.models import Folder
from workmail.errors import KeyUnavailable, NotFound, OverQuota

logger = logging.getLogger(__name__)

KEY_WAIT = timedelta(minutes=1)  # mail waits for its organization's key as long as that takes


def deliver_to_each(transit: OpenTransit) -> Verdict | None:
    assert transit.deliveries is not None
    for delivery in transit.deliveries:
        if delivery.kind == Delivery.Kind.LOCAL and delivery.state in Delivery.OPEN:
            transit.check_lease()
            _deliver(transit, delivery)
    return None


def _deliver(transit: OpenTransit, delivery: Delivery) -> None:
    try:
        folder, sealed = _prepare(transit, delivery)
        _store(delivery, folder, sealed)
    except KeyUnavailable:
        transit.try_again_in(KEY_WAIT)
        deliveries.defer(delivery, Reply("4.3.5", "The organization's key is not available"))
    except NotFound:
        deliveries.fail(delivery, Reply("5.2.1", "The mailbox is gone"))
    except OverQuota:
        _defer_or_give_up(transit, delivery)


def _prepare(transit: OpenTransit, delivery: Delivery) -> tuple[OpenFolder, appending.Sealed]:
    """Do everything slow: open the mailbox, parse (once for all recipients), seal the row."""
    if delivery.mailbox_id is None:
        raise NotFound
    mailbox = access.open_mailbox_for_system(delivery.mailbox_id)
    role = Folder.Role.JUNK if transit.results.is_junk else Folder.Role.INBOX
    folder = access.folder_by_role(mailbox, role)
    authentication = transit.results.authentication
    sealed = appending.seal(
        mailbox.keys,
        transit.prepared,
        internal_date=transit.row.hold_until or transit.envelope.received,
        authentication=authentication.codes() if authentication else None,
        trace=_trace(transit, delivery),
    )
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


def _defer_or_give_up(transit: OpenTransit, delivery: Delivery) -> None:
    """A full mailbox gets its mail when there is room again, for as long as a remote host would be waited for."""
    now = timezone.now()
    again = next_attempt_at(
        delivery.attempts + 1,
        now,
        delivery.first_tried_at or now,
        give_up_after=settings.OUTBOUND_GIVE_UP_AFTER,
    )
    reply = Reply("4.2.2" if again else "5.2.2", "The mailbox is full")
    if again is None:
        deliveries.fail(delivery, reply)
        return
    deliveries.defer(delivery, reply)
    transit.try_again_in(again - now)
