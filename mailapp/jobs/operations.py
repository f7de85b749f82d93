"""Starting long work, looking at it, stopping it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailapp.access import OpenMailbox
from mailapp.jobs import announcing, ending, kinds, sealing, tasks
from mailapp.jobs.kinds import Kind
from mailapp.jobs.models import Job
from workmail.errors import LimitExceeded, NotFound
from workmail.keys.envelope import Unreadable

MOST_OPEN = 20
_SHOWN = 50
_ESTIMATE_AFTER = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job made readable, in the active language."""

    job: Job
    kind: Kind
    about: dict[str, Any]
    doing: str
    result: dict[str, Any]

    @property
    def id(self) -> UUID:
        return self.job.pk

    @property
    def state(self) -> str:
        return self.job.state

    @property
    def is_open(self) -> bool:
        return self.job.state in Job.OPEN

    @property
    def title(self) -> str:
        return self.kind.title(self.about)

    @property
    def words(self) -> str:
        """Say how far it is: "1,240 of 8,000 messages, about 4 min left"; what it does while there is no count."""
        if self.job.state == Job.State.WAITING and not self.job.done:
            return pgettext("long work", "Waiting to begin")
        if not self.job.done and self.doing:
            return self.doing
        counted = self.kind.counted(self.job.done, self.job.total)
        left = minutes_left(self.job, timezone.now())
        if not counted or left is None:
            return counted or self.doing
        if left < 1:
            return _("%(counted)s, less than a minute left") % {"counted": counted}
        return ngettext("%(counted)s, about %(minutes)d min left", "%(counted)s, about %(minutes)d min left", left) % {
            "counted": counted,
            "minutes": left,
        }

    @property
    def notice(self) -> str:
        """Say how it ended, as a whole sentence; empty while it goes on."""
        if self.job.state == Job.State.DONE:
            return self.kind.notice(self.about, self.result)
        if self.job.state == Job.State.FAILED:
            reason = self.result.get("problem") or _("This did not work. Try again.")
            return _("%(title)s: %(reason)s") % {"title": self.title, "reason": reason}
        if self.job.state == Job.State.CANCELLED:
            return _("%(title)s: cancelled.") % {"title": self.title}
        return ""

    @property
    def link(self) -> tuple[str, str] | None:
        """Return where the result is to be seen, as address and words."""
        if self.job.state != Job.State.DONE:
            return None
        return self.kind.link(self.job.pk, self.about, self.result)


def start(
    mailbox: OpenMailbox,
    kind: str,
    *,
    parameters: dict[str, Any] | None = None,
    about: dict[str, Any] | None = None,
    within: Callable[[UUID], None] | None = None,
) -> UUID:
    """Write the work down and hand it to a worker; returns its id at once.

    Args:
        parameters: What only the work needs; forgotten at its end.
        about: What people may read: for the title and the notice.
        within: Called in the same transaction with the id, to write what belongs to the job.

    Raises:
        LimitExceeded: Too much is going on for this mailbox already.
        KeyUnavailable
    """
    job = Job(mailbox=mailbox.mailbox, user=mailbox.actor.user, kind=kind)
    job.parameters = sealing.seal(mailbox.keys, job.pk, "parameters", parameters or {})
    job.about = sealing.seal(mailbox.keys, job.pk, "about", about or {})
    if Job.objects.filter(mailbox=mailbox.mailbox, state__in=Job.OPEN).count() >= MOST_OPEN:
        raise LimitExceeded(_("Too much is going on at once. Wait until some of it is done."))
    with transaction.atomic():
        job.save(force_insert=True)
        if within is not None:
            within(job.pk)
        transaction.on_commit(lambda: _hand_over(mailbox.mailbox.sequence_id, job.pk), robust=True)
    return job.pk


def cancel(mailbox: OpenMailbox, job_id: UUID) -> bool:
    """Stop the work: what is done stays done. False when it had ended already. Raises NotFound."""
    find_row(mailbox, job_id)
    changes = {"state": Job.State.CANCELLED, "finished_at": timezone.now(), "is_dismissed": True}
    # The worker that holds the lease notices at its next step; the parameters go now.
    if not ending.end(mailbox, job_id, **changes):
        return False
    announcing.ring(mailbox.mailbox.sequence_id, job_id)
    return True


def find(mailbox: OpenMailbox, job_id: UUID) -> JobView:
    """Raises NotFound, also for the work of somebody else."""
    return _readable(mailbox, find_row(mailbox, job_id))


def find_row(mailbox: OpenMailbox, job_id: UUID) -> Job:
    job = _visible(mailbox).filter(pk=job_id).first()
    if job is None:
        raise NotFound
    return job


def current(mailbox: OpenMailbox) -> list[JobView]:
    """Return what the status line shows: what goes on, and what has ended and was not dismissed, oldest first."""
    rows = _visible(mailbox).filter(is_dismissed=False).order_by("created_at")[:_SHOWN]
    return [_readable(mailbox, job) for job in rows]


def listed(mailbox: OpenMailbox, *kinds_wanted: str) -> list[JobView]:
    """Return all jobs that are still kept, the newest first; only of some kinds, when they are named."""
    rows = _visible(mailbox)
    if kinds_wanted:
        rows = rows.filter(kind__in=kinds_wanted)
    return [_readable(mailbox, job) for job in rows.order_by("-created_at")[:_SHOWN]]


def dismiss(mailbox: OpenMailbox, job_id: UUID) -> None:
    """The person has read how it ended; nothing happens to what still goes on."""
    _visible(mailbox).filter(pk=job_id).exclude(state__in=Job.OPEN).update(is_dismissed=True)


def minutes_left(job: Job, now: datetime) -> int | None:
    """Return how many minutes it will still take at the speed of this run; None while that is anyone's guess."""
    if job.state != Job.State.RUNNING or not job.total or job.taken_up_at is None:
        return None
    done, elapsed = job.done - job.done_when_taken_up, now - job.taken_up_at
    if done <= 0 or elapsed < _ESTIMATE_AFTER:
        return None
    seconds = elapsed.total_seconds() / done * max(job.total - job.done, 0)
    return 0 if seconds < 60 else math.ceil(seconds / 60)


def _visible(mailbox: OpenMailbox):
    """What somebody does in a shared mailbox is theirs, and the system sees everything."""
    rows = Job.objects.filter(mailbox=mailbox.mailbox)
    return rows if mailbox.actor.user is None else rows.filter(user=mailbox.actor.user)


def _readable(mailbox: OpenMailbox, job: Job) -> JobView:
    def opened(column: str, default: Any) -> Any:
        try:
            return sealing.unseal(mailbox.keys, job.pk, column, getattr(job, column), default)
        except Unreadable:
            return default

    return JobView(job, kinds.get(job.kind), opened("about", {}), opened("doing", ""), opened("result", {}))


def _hand_over(owner_id: UUID, job_id: UUID) -> None:
    announcing.ring(owner_id, job_id)
    tasks.work.delay(str(job_id))
