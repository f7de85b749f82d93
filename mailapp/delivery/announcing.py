"""Telling Celery what to do. The rows are the truth: this may fail, be lost or come twice."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from mailapp.delivery.models import Transit

logger = logging.getLogger(__name__)

_SHORT_HOLD = timedelta(minutes=2)  # undo send: Celery is asked to come back; longer holds are left to the sweep
_PAUSE_AFTER_FAILURE_SECONDS = 5.0
_broker_failed_at = float("-inf")


def transit_accepted(row: Transit) -> None:
    """Ask for the pipeline to run, when its hold is over."""
    from mailapp.delivery import tasks

    wait = max(0.0, (row.next_attempt_at - timezone.now()).total_seconds())
    if wait <= _SHORT_HOLD.total_seconds():
        _tell(lambda: tasks.deliver.apply_async((str(row.pk),), countdown=wait or None))


def queue_filled(transit_id: UUID) -> None:
    """Ask for the remote deliveries of a transit to be sent."""
    from mailapp.delivery import tasks

    _tell(lambda: tasks.transmit.apply_async((str(transit_id),)))


def _tell(call: Callable[[], object]) -> None:
    """Never raises, and does not wait for a broker that has just failed: somebody is waiting for a reply."""
    global _broker_failed_at
    if time.monotonic() - _broker_failed_at < _PAUSE_AFTER_FAILURE_SECONDS:
        return
    try:
        call()
    except Exception:
        _broker_failed_at = time.monotonic()
        logger.warning("The broker does not answer; mail waits for the sweep", exc_info=True)
