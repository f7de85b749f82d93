"""Finding what no task is working on. Beat asks for it through the broker; every worker process also does it by itself.

So an emptied, lost or slow broker can delay mail by seconds and cannot lose it.
"""

import logging
import threading
import time
from datetime import timedelta
from random import uniform

from django.db import close_old_connections
from django.utils import timezone

from mailapp.delivery import reporting, rule_problems, working
from mailapp.delivery.models import TRACE_KEPT, Destination, RecipientCount, StsPolicy, Transit
from mailapp.delivery.outbound import queue

logger = logging.getLogger(__name__)

EVERY_SECONDS = 3.0
_HOUSEKEEPING_EVERY_SECONDS = 60.0
_lock = threading.Lock()
_last_housekeeping = 0.0
_started = False


def sweep() -> None:
    """Work on everything that is due. In one process at most one sweep runs at a time."""
    if not _lock.acquire(blocking=False):
        return
    try:
        working.sweep()
        queue.sweep()
        if _is_time_for_housekeeping():
            reporting.report_forgotten()
            reporting.report_delays()
            rule_problems.tell()
            forget_old()
    finally:
        _lock.release()


def forget_old(limit: int = 1_000) -> int:
    """Delete what only the trace still needed; returns how many transits went."""
    now = timezone.now()
    old = list(Transit.objects.filter(finished_at__lt=now - TRACE_KEPT).values_list("pk", flat=True)[:limit])
    Transit.objects.filter(pk__in=old).delete()
    RecipientCount.objects.filter(day__lt=(now - timedelta(days=2)).date()).delete()
    StsPolicy.objects.filter(expires_at__lt=now).delete()
    Destination.objects.filter(failures=0).delete()
    return len(old)


def start_thread() -> None:
    """Sweep every few seconds in a thread of this process, for as long as it lives."""
    global _started
    if not _started:
        _started = True
        threading.Thread(target=_run, name="sweep", daemon=True).start()


def _run() -> None:
    while True:
        pause = EVERY_SECONDS * uniform(0.8, 1.2)  # noqa: S311  (the processes of a worker must not all ask at once)
        time.sleep(pause)
        try:
            close_old_connections()
            sweep()
        except Exception:
            logger.exception("A sweep failed; the next one tries again")
        finally:
            close_old_connections()


def _is_time_for_housekeeping() -> bool:
    global _last_housekeeping
    if time.monotonic() - _last_housekeeping < _HOUSEKEEPING_EVERY_SECONDS:
        return False
    _last_housekeeping = time.monotonic()
    return True
