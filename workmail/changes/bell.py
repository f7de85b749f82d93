"""The bell says "this collection is at that number", and no more.

Whoever hears it asks the log with their own rights, so a push can be late but cannot show anyone's mail.
Ringing is best effort: a listener that missed it catches up at the next one or at its next poll.
"""

import asyncio
import logging
import os
import threading
from concurrent.futures import Future
from uuid import UUID

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_loop_pid = 0


def group_name(owner_id: UUID) -> str:
    """Return the channel-layer group that hears about all collections of one owner."""
    return f"owner.{owner_id.hex}"


def ring(owner_id: UUID, collection_id: UUID, modseq: int) -> None:
    """Tell all listeners of the owner, without waiting; never raises, whatever the channel layer does."""
    ring_group(
        group_name(owner_id),
        {
            "type": "collection.changed",
            "owner": owner_id.hex,
            "collection": str(collection_id),
            "modseq": modseq,
        },
    )


def ring_group(group: str, message: dict) -> None:
    try:
        future = asyncio.run_coroutine_threadsafe(get_channel_layer().group_send(group, message), _ringing_loop())
        future.add_done_callback(_report)
    except Exception:  # the log is the truth; a lost bell must not undo a committed change
        logger.warning("The bell could not be rung", exc_info=True)


def _report(future: "Future[None]") -> None:
    if not future.cancelled() and (error := future.exception()):
        logger.warning("The bell could not be rung: %s", error)


def _ringing_loop() -> asyncio.AbstractEventLoop:
    """One event loop in one thread for each process: it keeps the connection to the channel layer open."""
    global _loop, _loop_pid
    with _lock:
        if _loop is None or _loop_pid != os.getpid():  # a forked worker inherits the loop but not its thread
            _loop, _loop_pid = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_loop.run_forever, name="bell", daemon=True).start()
        return _loop
