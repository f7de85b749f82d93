"""Counting what fails, in the database, so that every process and every door counts together.

An attempt is counted *before* it is examined and uncounted when it succeeds. So a thousand guesses sent at once
find the door closed after the first few, although examining one takes a while and holds no lock.

The rows of one attempt are locked in a fixed order, shortly, and nothing slow happens under the lock.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from workmail.accounts.models import FailureCount


@dataclass(frozen=True, slots=True)
class Limit:
    """How many failures are free within ``window``, and how long each further one closes the door."""

    scope: str
    free: int
    first_delay: timedelta
    longest_delay: timedelta
    window: timedelta = timedelta(hours=1)

    def delay(self, failures: int) -> timedelta | None:
        """Return how long the door is closed after that many failures: doubling from ``first_delay``."""
        if failures < self.free:
            return None
        return min(self.first_delay * 2 ** min(failures - self.free, 20), self.longest_delay)


# The account's door never closes for long: whoever knows an address could otherwise keep its owner out.
ACCOUNT = Limit("account", 8, timedelta(seconds=30), timedelta(minutes=15))
# Many people may sit behind one address, so more is free; then it grows further.
ADDRESS = Limit("address", 40, timedelta(seconds=30), timedelta(hours=1))
SECOND_FACTOR = Limit("second_factor", 5, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=24))
SIGN_UP = Limit("sign_up", 10, timedelta(minutes=10), timedelta(hours=1))


class Blocked(Exception):
    """Too many failures; nothing is examined before ``until``."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(until)


@dataclass(slots=True)
class Attempt:
    """One counted attempt. ``succeeded`` takes it back; without it, it stays counted."""

    counted: list[tuple[FailureCount, Limit]]

    @property
    def blocked_until(self) -> datetime | None:
        """When the door opens again if this attempt fails, or None if it stays open."""
        return max((row.blocked_until for row, _limit in self.counted if row.blocked_until), default=None)

    @transaction.atomic
    def succeeded(self, *, forgives: Iterable[Limit] = (ACCOUNT, SECOND_FACTOR)) -> None:
        """Uncount this attempt. A count in ``forgives`` begins anew: its owner has shown who they are.

        The address's count does not: a guesser with one good account of their own would reset it at will.
        """
        forgiven = {limit.scope for limit in forgives}
        for row in _locked(count.pk for count, _limit in self.counted):
            mine = next(count for count, _limit in self.counted if count.pk == row.pk)
            if row.scope in forgiven:
                row.failures, row.blocked_until = 0, None
            else:
                row.failures = max(row.failures - 1, 0)
                if row.blocked_until == mine.blocked_until:
                    row.blocked_until = None
            row.save(update_fields=["failures", "blocked_until"])


def begin(keys: dict[Limit, str], now: datetime | None = None) -> Attempt:
    """Count an attempt under each key.

    Raises:
        Blocked: One of them is closed; then nothing is counted, and the latest end is named.
    """
    now = now or timezone.now()
    limits = {(limit.scope, key): limit for limit, key in keys.items() if key}
    if not limits:
        return Attempt([])
    FailureCount.objects.bulk_create(
        [FailureCount(scope=scope, key=key) for scope, key in sorted(limits)], ignore_conflicts=True
    )
    with transaction.atomic():
        known = FailureCount.objects.filter(scope__in={scope for scope, _key in limits}, key__in=set(keys.values()))
        rows = [row for row in _locked(known.values_list("pk", flat=True)) if (row.scope, row.key) in limits]
        blocks = [row.blocked_until for row in rows if row.blocked_until and row.blocked_until > now]
        if blocks:
            raise Blocked(max(blocks))
        for row in rows:
            limit = limits[row.scope, row.key]
            if row.last_failure_at is None or row.last_failure_at < now - limit.window:
                row.failures = 0
            row.failures += 1
            row.last_failure_at = now
            delay = limit.delay(row.failures)
            row.blocked_until = now + delay if delay else None
            row.save(update_fields=["failures", "last_failure_at", "blocked_until"])
    return Attempt([(row, limits[row.scope, row.key]) for row in rows])


def forget(limit: Limit, key: str) -> None:
    """Open the door again, as when an administrator resets a password."""
    FailureCount.objects.filter(scope=limit.scope, key=key).delete()


def address_key(client_address: str | None) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 in which an IPv6 client picks its addresses."""
    if not client_address:
        return ""
    address = ipaddress.ip_address(client_address)
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _locked(keys: Iterable[int]) -> list[FailureCount]:
    return list(FailureCount.objects.select_for_update().filter(pk__in=list(keys)).order_by("pk"))
