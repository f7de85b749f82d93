"""The outbound queue: remote deliveries that are due, grouped by where they go, tried, and tried again.

The rows of ``Delivery`` are the queue. Recipients of one message whose domains share their hosts travel in one
transaction. A destination has few connections at a time and is left alone for a moment after it failed.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from random import uniform
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from mailapp.delivery import deliveries as recipients
from mailapp.delivery import leases, reporting
from mailapp.delivery.backoff import next_attempt_at
from mailapp.delivery.deliveries import addressee_of
from mailapp.delivery.envelope import Notify
from mailapp.delivery.leases import Lease
from mailapp.delivery.models import Delivery, Destination
from mailapp.delivery.outbound import client, engine, routes, signing
from mailapp.delivery.outbound.client import Outgoing, Sent, Trouble
from mailapp.delivery.outbound.routes import Route, Unroutable
from mailapp.delivery.replies import Reply, is_success
from mailapp.delivery.transits import OpenTransit, settle
from workmail.directory.addresses import fold_domain
from workmail.keys import spool

logger = logging.getLogger(__name__)

CONNECTIONS_PER_DESTINATION = 4
MOST_RECIPIENTS_IN_A_TRANSACTION = 100  # RFC 5321 §4.5.3.1.8: every server takes that many
_REST_AFTER_FAILURE = timedelta(seconds=30)
_LONGEST_REST = timedelta(minutes=5)
_SWEEP_TRANSITS = 100


def due() -> QuerySet[Delivery]:
    return Delivery.objects.filter(kind=Delivery.Kind.REMOTE, state__in=Delivery.OPEN, transit__is_held=False).order_by(
        "next_attempt_at"
    )


def sweep() -> int:
    """Send whatever is due; returns how many messages were looked at."""
    now = timezone.now()
    waiting = due().filter(next_attempt_at__lte=now).exclude(lease_until__gt=now)
    transit_ids = list(dict.fromkeys(waiting.values_list("transit_id", flat=True)[: _SWEEP_TRANSITS * 10]))
    for transit_id in transit_ids[:_SWEEP_TRANSITS]:
        if engine.is_full():
            break
        transmit(transit_id)
    return len(transit_ids)


def transmit(transit_id: UUID) -> None:
    """Send the due deliveries of one transit, each group of them in a thread of its own."""
    now = timezone.now()
    ready = due().filter(transit_id=transit_id, next_attempt_at__lte=now).exclude(lease_until__gt=now)
    by_domain: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in ready:
        by_domain[fold_domain(addressee_of(delivery).address.rpartition("@")[2])].append(delivery)
    groups: dict[tuple[object, ...], tuple[Route, list[Delivery]]] = {}
    for domain, found in by_domain.items():
        try:
            route = routes.find(domain)
        except Unroutable as error:
            _conclude_without_trying(transit_id, found, error.reply)
            continue
        reverse_paths = {addressee_of(delivery).reverse_path for delivery in found}
        for reverse_path in reverse_paths:
            same = [delivery for delivery in found if addressee_of(delivery).reverse_path == reverse_path]
            groups.setdefault((route.key, reverse_path), (route, []))[1].extend(same)
    for key, (route, found) in groups.items():
        for start in range(0, len(found), MOST_RECIPIENTS_IN_A_TRANSACTION):
            keys = [delivery.pk for delivery in found[start : start + MOST_RECIPIENTS_IN_A_TRANSACTION]]
            engine.submit((transit_id, key, keys[0]), partial(_send_group, transit_id, route, keys))


def destination_digest(route: Route) -> bytes:
    return spool.digest(f"route {route.key}")


def _send_group(transit_id: UUID, route: Route, keys: Sequence[int]) -> None:
    destination = destination_digest(route)
    lease = _admitted(destination, keys)
    if lease is None:
        return
    transit = OpenTransit.load(transit_id)
    found = list(Delivery.objects.filter(pk__in=lease.keys).order_by("id"))
    try:
        outgoing = _outgoing(transit, found)
        sent = client.send(route, outgoing)
        _note_connection(destination, worked=True)
    except (Trouble, Unroutable) as error:
        _note_connection(destination, worked=False)
        sent = Sent((error.reply,) * len(found))
    except OSError as error:  # our own blob store
        logger.exception("Transit %s cannot be read", transit_id)
        sent = Sent((Reply("4.3.0", f"{type(error).__name__} here"),) * len(found))
    _conclude(transit, lease, found, sent)


def _admitted(destination: bytes, keys: Sequence[int]) -> Lease | None:
    """Take the deliveries if the destination has a connection left for us, else put them off for a moment."""
    now = timezone.now()
    with transaction.atomic():
        Destination.objects.bulk_create([Destination(digest=destination)], ignore_conflicts=True)
        state = Destination.objects.select_for_update().get(digest=destination)
        wait = _pause(state, now)
        if wait is None:
            Delivery.objects.filter(pk__in=keys, lease_until__isnull=True).update(destination_digest=destination)
            lease = leases.take(due().filter(pk__in=keys), len(keys))
        else:
            Delivery.objects.filter(pk__in=keys, state__in=Delivery.OPEN).update(
                next_attempt_at=now + wait * uniform(1.0, 1.5)  # noqa: S311  (no secret)
            )
    return None if wait is not None else lease


def _pause(state: Destination, now) -> timedelta | None:
    if state.resting_until is not None and state.resting_until > now:
        return state.resting_until - now
    connections = (
        Delivery.objects.filter(destination_digest=bytes(state.digest), lease_until__gt=now)
        .values("transit_id")
        .distinct()
        .count()
    )
    return timedelta(seconds=5) if connections >= CONNECTIONS_PER_DESTINATION else None


def _note_connection(destination: bytes, *, worked: bool) -> None:
    state = Destination.objects.filter(digest=destination).first()
    if state is None or (worked and not state.failures):
        return
    failures = 0 if worked else state.failures + 1
    rest = None if worked else timezone.now() + min(_REST_AFTER_FAILURE * 2 ** min(failures - 1, 5), _LONGEST_REST)
    Destination.objects.filter(digest=destination).update(failures=failures, resting_until=rest)


def _outgoing(transit: OpenTransit, found: Sequence[Delivery]) -> Outgoing:
    addressees = [addressee_of(delivery) for delivery in found]
    envelope = transit.envelope
    reverse_path = addressees[0].reverse_path
    octets = transit.results.prefix + transit.raw
    return Outgoing(
        reverse_path=envelope.reverse_path if reverse_path is None else reverse_path,
        destinations=tuple(client.Destination(a.address, a.notify, a.orcpt) for a in addressees),
        octets=octets,
        is_utf8=_needs_utf8(envelope.reverse_path, *(a.address for a in addressees)) or signing.has_utf8_header(octets),
        as_seven_bit=partial(signing.in_seven_bits, transit),
        ret=envelope.ret,
        envid=envelope.envid,
    )


def _needs_utf8(*addresses: str) -> bool:
    """Only local parts do: a domain can be written in A-labels."""
    return any(not address.rpartition("@")[0].isascii() for address in addresses)


def _conclude(transit: OpenTransit, lease: Lease, found: Sequence[Delivery], sent: Sent) -> None:
    """Write down how it went, all at once. What another host has taken must not be forgotten: try hard."""
    for attempt in range(5):
        try:
            _write_down(lease, found, sent)
            break
        except OperationalError:
            if attempt == 4:
                raise
            logger.warning("The end of a transaction could not be written down; again", exc_info=True)
            time.sleep(2**attempt)
    leases.forget(lease, {delivery.pk for delivery in found})
    reporting.report(transit)
    settle(transit.id, lease=None)


def _write_down(lease: Lease, found: Sequence[Delivery], sent: Sent) -> None:
    with transaction.atomic():
        mine = set(
            Delivery.objects.select_for_update()
            .filter(pk__in=[delivery.pk for delivery in found], lease_holder=lease.holder, state__in=Delivery.OPEN)
            .values_list("pk", flat=True)
        )
        for delivery, reply in zip(found, sent.replies, strict=True):
            if delivery.pk not in mine:
                continue
            if is_success(reply.code):
                wants_report = addressee_of(delivery).wants(Notify.SUCCESS) and not sent.reports_success
                delivery.last_reply = recipients.sealed_reply(delivery, reply)
                recipients.finish(delivery, wants_report=wants_report)
            else:
                _fail_or_defer(delivery, reply)


def _conclude_without_trying(transit_id: UUID, found: Sequence[Delivery], reply: Reply) -> None:
    """There is no host to try: for good, or the DNS does not answer."""
    lease = leases.take(due().filter(pk__in=[delivery.pk for delivery in found]), len(found))
    if lease is None:
        return
    transit = OpenTransit.load(transit_id)
    taken = [delivery for delivery in found if delivery.pk in lease.keys]
    _conclude(transit, lease, taken, Sent((reply,) * len(taken)))


def _fail_or_defer(delivery: Delivery, reply: Reply) -> None:
    now = timezone.now()
    again = None
    if not reply.is_permanent:
        again = next_attempt_at(
            delivery.attempts + 1,
            now,
            delivery.first_tried_at or now,
            give_up_after=settings.OUTBOUND_GIVE_UP_AFTER,
        )
    if again is None:
        recipients.fail(delivery, reply)
    else:
        recipients.defer(delivery, reply, next_attempt_at=again, lease_until=None, lease_holder=None)
