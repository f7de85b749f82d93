"""When to try again. Pure."""

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=4)
_DOUBLINGS = 6  # after that the wait is the longest one anyway


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 5 minutes, doubling, at most 4 hours.

    RFC 5321 §4.5.4.1 recommends 30 minutes and more, and leaves room to begin sooner.

    Raises:
        ValueError: ``attempts`` is below 1.
    """
    if attempts < 1:
        raise ValueError("attempts counts finished attempts and begins at 1")
    return min(FIRST_WAIT * 2 ** min(attempts - 1, _DOUBLINGS), LONGEST_WAIT)


def next_attempt_at(
    attempts: int, now: datetime, first_tried_at: datetime, *, give_up_after: timedelta
) -> datetime | None:
    """Return when to try a deferred delivery again, or None to give up.

    The last attempt is made when the time is up, not one wait earlier, so that a host that comes back late still
    gets its mail.

    Args:
        attempts: Finished attempts, 1 or more.
        give_up_after: Counted from ``first_tried_at``.
    """
    deadline = first_tried_at + give_up_after
    if now >= deadline:
        return None
    return min(now + wait_after(attempts), deadline)
