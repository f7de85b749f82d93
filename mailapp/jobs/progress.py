"""What the work tells while it goes on, and how it hears that it has to stop."""

import time
from typing import Any

from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.delivery.leases import Lease, LeaseLost
from mailapp.jobs import announcing, sealing
from mailapp.jobs.models import Job

# After this long another job may have the worker: the row waits at the end of the line, with its cursor.
SLICE_SECONDS = 60.0
_RING_EVERY_SECONDS = 0.7


class Stopped(BaseException):
    """The work ends here for now. No Exception, so that no handler on the way takes it for a failure."""


class Cancelled(Stopped):
    """The person does not want it any more."""


class Paused(Stopped):
    """Its turn is over; it goes on later with the cursor."""


class TakenOver(Stopped):
    """Another process has the row."""


class Progress:
    """The reporter that a kind's ``work`` is given."""

    def __init__(self, mailbox: OpenMailbox, job: Job, lease: Lease, *, slice_seconds: float = SLICE_SECONDS) -> None:
        self._keys = mailbox.keys
        self._group = mailbox.mailbox.sequence_id
        self._job = job
        self._lease = lease
        self._until = time.monotonic() + slice_seconds
        self._rung_at = 0.0
        self._has_moved = False
        self.done = job.done
        self.total = job.total
        self.cursor: dict[str, Any] = sealing.unseal(self._keys, job.pk, "cursor", job.cursor, {})

    @property
    def job_id(self):
        return self._job.pk

    @property
    def user(self):
        """Who started it; None for the system."""
        return self._job.user

    def set_total(self, total: int | None) -> None:
        """Say how much there is to do; the bar has no length while nobody knows."""
        self.total = total
        self._write(total=total)

    def say(self, sentence: str) -> None:
        """Say what is being done now, in the active language (the person's)."""
        self._write(doing=sealing.seal(self._keys, self._job.pk, "doing", sentence))

    def advance(self, count: int = 0, **cursor: Any) -> None:
        """Count what is done, and remember where to go on; call it outside of transactions.

        Args:
            cursor: Replaces these names in ``self.cursor``; JSON.

        Raises:
            Stopped: The work must end here; what was just told is kept.
        """
        self.done += count
        changes: dict[str, Any] = {"done": self.done}
        if cursor:
            self.cursor = self.cursor | cursor
            changes["cursor"] = sealing.seal(self._keys, self._job.pk, "cursor", self.cursor)
            changes |= {"attempts": 0, "crashes": 0}
            self._has_moved = True
        self._write(**changes)
        if self._has_moved and time.monotonic() > self._until:
            raise Paused

    def check(self) -> None:
        """Raises Stopped when the work must end here: for long stretches that have nothing to tell."""
        self._write()

    def _write(self, **changes: Any) -> None:
        try:
            self._lease.check()
        except LeaseLost as error:
            raise TakenOver from error
        rows = self._lease.rows().filter(state=Job.State.RUNNING)
        is_ours = rows.update(**changes) if changes else rows.exists()
        if not is_ours:
            state = Job.objects.filter(pk=self._job.pk).values_list("state", flat=True).first()
            raise Cancelled if state in (None, Job.State.CANCELLED) else TakenOver
        now = time.monotonic()
        if changes and now - self._rung_at > _RING_EVERY_SECONDS:
            self._rung_at = now
            announcing.ring(self._group, self._job.pk)


def speed_starts(job: Job) -> dict[str, Any]:
    """Return what is written when a worker takes the job up."""
    return {"taken_up_at": timezone.now(), "done_when_taken_up": job.done}
