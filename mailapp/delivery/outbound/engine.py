"""Threads that send: a slow host on the other side must not keep a worker from delivering what arrives.

A worker process has them from its start (``start``); everywhere else (tests, commands) a job runs at once.
"""

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections

logger = logging.getLogger(__name__)

THREADS = 8
MOST_WAITING = 400

_lock = threading.Lock()
_threads: ThreadPoolExecutor | None = None
_known: set[Hashable] = set()


def start() -> None:
    """Give this process its sending threads."""
    global _threads
    with _lock:
        if _threads is None:
            _threads = ThreadPoolExecutor(THREADS, thread_name_prefix="outbound")


def stop() -> None:
    """Let the transactions that have begun come to their end; what waits stays in the database."""
    global _threads
    with _lock:
        threads, _threads = _threads, None
    if threads is not None:
        threads.shutdown(wait=True, cancel_futures=True)
    _known.clear()


def is_full() -> bool:
    return len(_known) >= MOST_WAITING


def submit(name: Hashable, job: Callable[[], None]) -> None:
    """Run the job, unless one of that name is running or waiting in this process already."""
    with _lock:
        if name in _known:
            return
        _known.add(name)
        threads = _threads
    if threads is None:
        _run(name, job)
        return
    threads.submit(_run_in_thread, name, job)


def _run_in_thread(name: Hashable, job: Callable[[], None]) -> None:
    try:
        close_old_connections()
        _run(name, job)
    except Exception:
        logger.exception("Sending failed; the queue tries again")
    finally:
        close_old_connections()


def _run(name: Hashable, job: Callable[[], None]) -> None:
    try:
        job()
    finally:
        with _lock:
            _known.discard(name)
