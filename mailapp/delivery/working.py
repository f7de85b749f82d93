"""Running the pipeline over the transits that are due.

A task is queued for one transit and takes along whatever else is due: under load a batch shares one lease and asks the
DNS for all its messages at once; after a crash the same function is the sweep.
"""

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from functools import lru_cache, partial
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from mailapp.delivery import leases, pipeline, reporting
from mailapp.delivery.leases import Lease, LeaseLost
from mailapp.delivery.models import Transit
from mailapp.delivery.stages import authentication, storing
from mailapp.delivery.stages.storing import KEY_WAIT
from mailapp.delivery.transits import OpenTransit, close, settle
from mailapp.delivery.verdicts import Kind, Verdict
from mailapp.store import signals
from workmail.directory.addresses import resolve_many
from workmail.errors import KeyUnavailable

logger = logging.getLogger(__name__)

BATCH = 10
_MANY = 5
_SHARING = 5  # transits in one commit: other writers wait for it
_MOST_LOOKED_UP = 200
_DNS_THREADS = 8
_LONGEST_WAIT = timedelta(minutes=30)


def due() -> QuerySet[Transit]:
    """Return what the pipeline has to work on now, the oldest first."""
    return Transit.objects.filter(state=Transit.State.WAITING, is_held=False).order_by("next_attempt_at")


def deliver(*, seconds: float = 20.0) -> int:
    """Run the pipeline for everything that is due, as long as ``seconds`` allow; returns for how many."""
    return _work(due(), seconds)


def sweep(*, seconds: float = 4.0) -> int:
    """Run the pipeline for whatever is due: left behind by a crash or a lost broker, deferred, or held until now."""
    return _work(due(), seconds)


def _work(rows: QuerySet[Transit], seconds: float) -> int:
    count, until = 0, time.monotonic() + seconds
    while lease := leases.take(rows, BATCH):
        transits = _load(lease)
        under_load = signals.is_under_load.set(len(transits) >= _MANY)
        try:
            _work_on(transits, lease)
        finally:
            signals.is_under_load.reset(under_load)
        count += len(transits)
        if time.monotonic() > until:
            break
    return count


def _work_on(transits: list[OpenTransit], lease: Lease) -> None:
    _ask_the_dns(transits)
    _look_up(transits)
    going_on = [transit for transit in transits if _step(transit, lease, pipeline.until_storing)]
    if len(going_on) >= _MANY and connection.vendor == "sqlite":
        going_on = _store_together(going_on, lease)
    for transit in going_on:
        if _step(transit, lease, pipeline.from_storing):
            _step(transit, lease, partial(_settle, lease=lease))


def _store_together(transits: list[OpenTransit], lease: Lease) -> list[OpenTransit]:
    """Let transits that are stored at once share a commit, and with it the wait for the disk; returns who goes on.

    Only on SQLite, which has one writer at a time and syncs for each: PostgreSQL joins commits by itself, and two
    workers that hold several mailboxes there could wait for each other.
    """
    shared = [transit for transit in transits if transit.can_be_stored_at_once]
    lost: set[UUID] = set()
    for start in range(0, len(shared), _SHARING):
        ready = [t for t in shared[start : start + _SHARING] if _step(t, lease, storing.make_ready)]
        try:
            with transaction.atomic():
                lost |= {t.id for t in ready if not _step(t, lease, storing.deliver_to_each)}
        except DatabaseError:
            logger.exception("A shared commit failed; its messages are tried again")
            lost |= {transit.id for transit in ready}
            leases.forget(lease, lost)  # it runs out by itself
    kept = {transit.id for transit in transits} - lost
    return [transit for transit in transits if transit.id in kept and transit.id in lease.keys]


def _load(lease: Lease) -> list[OpenTransit]:
    rows = Transit.objects.select_related("content").filter(pk__in=lease.keys)
    return [OpenTransit(row, lease) for row in sorted(rows, key=lambda row: row.created_at)]


def _ask_the_dns(transits: list[OpenTransit]) -> None:
    """Authenticate the whole batch at once, so that one dead name server does not hold up the mail of others."""
    incoming = [t for t in transits if not t.is_submission and t.results.authentication is None]
    if len(incoming) < 2:
        return
    wait([_dns_threads(os.getpid()).submit(_evaluate, transit) for transit in incoming])


@lru_cache(maxsize=1)
def _dns_threads(_pid: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_DNS_THREADS, thread_name_prefix="dns")


def _look_up(transits: list[OpenTransit]) -> None:
    """Find the recipients of the whole batch in one statement; what changes meanwhile is as if it had changed later."""
    fresh = [transit for transit in transits if not transit.row.is_expanded]
    if len(fresh) < 2 or sum(len(transit.envelope.recipients) for transit in fresh) > _MOST_LOOKED_UP:
        return
    found = resolve_many(recipient.address for transit in fresh for recipient in transit.envelope.recipients)
    for transit in fresh:
        transit.resolved = found


def _evaluate(transit: OpenTransit) -> None:
    try:
        authentication.evaluate(transit)
    except Exception:
        logger.debug("Authenticating %s ahead failed; the stage tries again", transit.id, exc_info=True)


def _step(transit: OpenTransit, lease: Lease, step: Callable[[OpenTransit], Verdict | None]) -> bool:
    """Take one step with a transit; returns whether it goes on from here, whatever happens inside."""
    try:
        lease.check()
        verdict = step(transit)
        if verdict is None:
            return True
        _conclude(transit, verdict, lease)
    except LeaseLost:
        logger.warning("The lease of transit %s was lost; whoever has it now goes on", transit.id)
        leases.forget(lease, {transit.id})
    except KeyUnavailable:
        _try_again(transit, lease, KEY_WAIT, "The organization's key is not available")
    except DatabaseError:
        logger.exception("Transit %s waits: the database refused", transit.id)
        leases.forget(lease, {transit.id})  # it runs out by itself
    except Exception as error:
        logger.exception("Transit %s waits: a stage failed", transit.id)
        pause = min(timedelta(seconds=5) * 2 ** min(transit.row.attempts, 10), _LONGEST_WAIT)
        _try_again(transit, lease, pause, f"{type(error).__name__} in delivery")
    return False


def _conclude(transit: OpenTransit, verdict: Verdict, lease: Lease) -> None:
    if verdict.kind is Kind.DEFERRED:
        _try_again(transit, lease, timedelta(minutes=5), verdict.text)
    elif verdict.kind is Kind.DROPPED:
        _drop(transit, lease, verdict)
    else:
        if verdict.kind is Kind.REFUSED:
            reporting.refuse_all(transit, verdict)
        _settle(transit, lease)


def _settle(transit: OpenTransit, lease: Lease) -> None:
    if transit.row.state == Transit.State.WAITING:
        reporting.report(transit)
        settle(transit.id, lease=lease, retry_at=transit.retry_at)
    leases.forget(lease, {transit.id})


def _drop(transit: OpenTransit, lease: Lease, verdict: Verdict) -> None:
    logger.info("Transit %s is dropped: %s", transit.id, verdict.text)
    transit.results.note = verdict.text
    row = transit.row
    row.results = transit.sealed_results()
    close(row, Transit.State.DROPPED)
    row.lease_until = row.lease_holder = None
    row.save()
    leases.forget(lease, {transit.id})


def _try_again(transit: OpenTransit, lease: Lease, pause: timedelta, note: str) -> None:
    transit.results.note = note
    leases.give_back(
        lease,
        {transit.id},
        next_attempt_at=timezone.now() + pause,
        attempts=F("attempts") + 1,
        results=transit.sealed_results(),
    )


def stranded() -> QuerySet[Transit]:
    """Return what should have been worked on for a while and is not: for monitoring."""
    now = timezone.now()
    late = Q(next_attempt_at__lt=now - timedelta(seconds=30))
    return due().filter(late).filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
