"""How dear a correspondent is: often and lately both count. Pure."""

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
