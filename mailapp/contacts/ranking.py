"""How dear somebody is: often and lately both count. One scale for all who may be completed. Pure.

Who was never written to has a place on that scale, too: somebody in the address book counts like one message half a
year ago, a colleague like one message a year ago.
"""

import math
from datetime import datetime, timedelta

HALF_LIFE = timedelta(days=30)


def rank_after(rank: float | None, used_at: datetime) -> float:
    """Return the rank after one more use.

    Each use weighs 1 and halves every ``HALF_LIFE``. The rank is the binary logarithm of the sum, counted from a fixed
    day instead of from now: so it changes only when somebody is written to, and a column sorted by it stays sorted.
    """
    use = used_at.timestamp() / HALF_LIFE.total_seconds()
    if rank is None:
        return use
    higher, lower = max(rank, use), min(rank, use)
    return higher + math.log2(1 + 2 ** (lower - higher))


def of_contact(now: datetime, place: int = 0) -> float:
    """Return the rank of a contact never written to; ``place`` counts their addresses, the preferred one first."""
    return rank_after(None, now) - 6 - place / 100


def of_colleague(now: datetime) -> float:
    """Return the rank of somebody in the address list whom one never wrote to."""
    return rank_after(None, now) - 12
