"""Letting writers that come at the same moment share a commit, and with it the wait for the disk.

Only on SQLite: it has one writer at a time and syncs once for each, so that a slow disk would set how many messages a
second can be promised. PostgreSQL joins concurrent commits by itself.
"""

import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction

_MOST = 20


@dataclass(slots=True)
class _Work:
    call: Callable[[], Any]
    is_done: bool = False
    result: Any = None
    error: BaseException | None = None


_changed = threading.Condition()
_waiting: list[_Work] = []
_has_leader = False


def run(call: Callable[[], Any]) -> Any:
    """Run ``call`` in a transaction and return its result once that is committed.

    It may run in another thread, on that thread's connection but in this one's context, beside the work of others.
    An error inside undoes only its own part; an error of the commit itself reaches all who shared it.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            return call()
    work = _Work(partial(copy_context().run, call))
    with _changed:
        _waiting.append(work)
    while group := _lead_or_wait(work):
        _commit(group)
        _step_down()
    if work.error is not None:
        raise work.error
    return work.result


def _lead_or_wait(work: _Work) -> list[_Work]:
    """Return what this thread has to commit; nothing once its own work is done."""
    global _has_leader
    with _changed:
        _changed.wait_for(lambda: work.is_done or not _has_leader)
        if work.is_done:
            return []
        _has_leader = True
        group, _waiting[:] = _waiting[:_MOST], _waiting[_MOST:]
        return group


def _step_down() -> None:
    global _has_leader
    with _changed:
        _has_leader = False
        _changed.notify_all()


def _commit(group: list[_Work]) -> None:
    try:
        with transaction.atomic():
            for work in group:
                try:
                    with transaction.atomic():
                        work.result = work.call()
                except Exception as error:
                    work.error = error
    except BaseException as error:
        for work in group:
            work.error = work.error or error
    for work in group:
        work.is_done = True
