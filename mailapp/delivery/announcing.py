"""Telling Celery what to do. The rows are the truth: this may fail, be lost or come twice.

A thread of its own tells, so that nobody who waits for a reply also waits for the broker. One task is enough for
whatever was accepted in a moment: the worker takes along what is due.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone

from mailapp.delivery.models import Transit

logger = logging.getLogger(__name__)

_SHORT_HOLD = timedelta(minutes=2)  # undo send: Celery is asked to come back; longer holds are left to the sweep
_MOMENT_SECONDS = 0.02
_PAUSE_AFTER_FAILURE_SECONDS = 5.0


def transit_accepted(row: Transit) -> None:
    """Ask for the pipeline to run, when its hold is over."""
    from mailapp.delivery import tasks

    wait = max(0.0, (row.next_attempt_at - timezone.now()).total_seconds())
    if not wait:
        _announcer.tell("deliver", lambda: tasks.deliver.apply_async((str(row.pk),)))
    elif wait <= _SHORT_HOLD.total_seconds():
        _announcer.tell(row.pk, lambda: tasks.deliver.apply_async((str(row.pk),), countdown=wait))


def after_commit(row: Transit) -> None:
    """The same, when the transaction that writes the row is committed."""
    transaction.on_commit(lambda: transit_accepted(row), robust=True)


def queue_filled(transit_id: UUID) -> None:
    """Ask for the remote deliveries of a transit to be sent."""
    from mailapp.delivery import tasks

    _announcer.tell(transit_id, lambda: tasks.transmit.apply_async((str(transit_id),)))


def tell(name: object, call: Callable[[], object]) -> None:
    """Have a task of another room queued by the same thread. A later call of the same name takes its place."""
    _announcer.tell(name, call)


class _Announcer:
    """Calls that wait to be made, by name: a later one of the same name takes the place of an earlier one."""

    def __init__(self) -> None:
        self._waiting: dict[object, Callable[[], object]] = {}
        self._changed = threading.Condition()
        self._pid = 0

    def tell(self, name: object, call: Callable[[], object]) -> None:
        if current_app.conf.task_always_eager:
            call()
            return
        if self._pid != os.getpid():  # a forked worker inherits neither thread nor whoever held the lock
            self._waiting, self._changed, self._pid = {}, threading.Condition(), os.getpid()
            threading.Thread(target=self._run, name="announcing", daemon=True).start()
        with self._changed:
            self._waiting[name] = call
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                calls, self._waiting = list(self._waiting.values()), {}
            try:
                for call in calls:
                    call()
                time.sleep(_MOMENT_SECONDS)
            except Exception:
                logger.warning("The broker does not answer; mail waits for the sweep", exc_info=True)
                time.sleep(_PAUSE_AFTER_FAILURE_SECONDS)


_announcer = _Announcer()
