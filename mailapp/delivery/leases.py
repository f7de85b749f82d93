"""Who works on a row: for ten seconds at a time, renewed while the work lasts.

A process that dies simply stops renewing, so that the sweep finds its rows within fifteen seconds, whatever the broker
does about the lost task. Taking a lease is a compare-and-swap; losing one (a process that slept too long) is noticed
before the next step, and even then the rows themselves make sure that nothing happens twice.
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from mailapp.delivery.models import Leased

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=10)
RENEW_EVERY_SECONDS = 2.5
# Rows that took their worker down this often wait before the next time, longer each time.
_SUSPECT_AFTER_CRASHES = 3


class LeaseLost(Exception):
    """Another process may be working on the row now."""


@dataclass(slots=True)
class Lease:
    """The right to work on some rows of one table."""

    model: type[Leased]
    keys: set[Any]
    holder: uuid.UUID
    renewed_at: float = field(default_factory=time.monotonic)
    is_lost: bool = False

    def check(self) -> None:
        """Raises LeaseLost when the rows may have been given to somebody else."""
        if self.is_lost or time.monotonic() - self.renewed_at > LEASE.total_seconds():
            self.is_lost = True
            raise LeaseLost

    def rows(self) -> models.QuerySet:
        return self.model._default_manager.filter(pk__in=self.keys, lease_holder=self.holder)


def take(due: models.QuerySet, limit: int) -> Lease | None:
    """Take a lease on at most ``limit`` of the rows in ``due``, in its order; None when there are none.

    A row that was left behind by a crash comes alone, so that it cannot take others down with it again.
    """
    now = timezone.now()
    free = due.filter(next_attempt_at__lte=now).filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    if not free.exists():  # without the write lock that a transaction takes on SQLite
        return None
    holder = uuid.uuid4()
    with transaction.atomic():
        rows = free.select_for_update(skip_locked=True, of=("self",)).only("pk", "crashes", "lease_until")[:limit]
        keys = _choose(list(rows), now)
        due.model._default_manager.filter(pk__in=keys).update(lease_until=now + LEASE, lease_holder=holder)
    if not keys:
        return None
    lease = Lease(due.model, set(keys), holder)
    keeper.add(lease)
    return lease


def _choose(rows: Sequence[Leased], now: datetime) -> list[Any]:
    untroubled = []
    for row in rows:
        has_just_crashed = row.lease_until is not None
        if not has_just_crashed and not row.crashes:
            untroubled.append(row.pk)
        elif untroubled:
            break
        elif has_just_crashed:
            crashes = row.crashes + 1
            wait = min(LEASE * 2 ** min(crashes, 9), timedelta(hours=1)) if crashes >= _SUSPECT_AFTER_CRASHES else None
            _note_crash(row, crashes, None if wait is None else now + wait)
            if wait is None:
                return [row.pk]
        else:
            return [row.pk]
    return untroubled


def _note_crash(row: Leased, crashes: int, next_attempt_at: datetime | None) -> None:
    changes: dict[str, Any] = {"crashes": crashes}
    if next_attempt_at is not None:
        logger.error("%s %s took its worker down %s times", type(row).__name__, row.pk, crashes)
        changes |= {"lease_until": None, "lease_holder": None, "next_attempt_at": next_attempt_at}
    type(row)._default_manager.filter(pk=row.pk).update(**changes)


def give_back(lease: Lease, keys: Collection[Any] | None = None, **changes: Any) -> None:
    """End the lease for some or all of its rows, changing them in the same statement."""
    wanted = set(lease.keys if keys is None else keys)
    lease.model._default_manager.filter(pk__in=wanted, lease_holder=lease.holder).update(
        lease_until=None, lease_holder=None, **changes
    )
    forget(lease, wanted)


def forget(lease: Lease, keys: Collection[Any]) -> None:
    """Stop renewing the lease of rows whose update has already ended it."""
    lease.keys.difference_update(keys)
    if not lease.keys:
        keeper.remove(lease)


class _Keeper:
    """One thread in each process renews what the process holds. Short work never gets that far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: list[Lease] = []
        self._pid = 0

    def add(self, lease: Lease) -> None:
        with self._lock:
            if self._pid != os.getpid():  # a forked worker inherits the list but not the thread
                self._pid, self._leases = os.getpid(), []
                threading.Thread(target=self._run, name="leases", daemon=True).start()
            self._leases.append(lease)

    def remove(self, lease: Lease) -> None:
        with self._lock:
            self._leases = [other for other in self._leases if other is not lease]

    def _run(self) -> None:
        while True:
            time.sleep(RENEW_EVERY_SECONDS / 2)
            with self._lock:
                old = [lease for lease in self._leases if time.monotonic() - lease.renewed_at >= RENEW_EVERY_SECONDS]
            if not old:
                continue
            for lease in old:
                self._renew(lease)
            connection.close()

    def _renew(self, lease: Lease) -> None:
        asked_at = time.monotonic()
        try:
            keys = set(lease.keys)
            count = lease.model._default_manager.filter(pk__in=keys, lease_holder=lease.holder).update(
                lease_until=timezone.now() + LEASE
            )
        except DatabaseError:
            logger.warning("A lease could not be renewed", exc_info=True)
            return
        lease.renewed_at = asked_at
        if not count and lease.keys:
            lease.is_lost = True


keeper = _Keeper()
