"""Doing the work: under a lease, for a stretch of time, from where the last stretch ended."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone, translation

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.delivery import leases
from mailapp.delivery.leases import Lease
from mailapp.jobs import announcing, ending, kinds, progress, sealing
from mailapp.jobs.models import Job
from mailapp.jobs.progress import Cancelled, Paused, Progress, TakenOver
from workmail.accounts import preferences
from workmail.accounts.actor import Actor
from workmail.errors import KeyUnavailable, WorkmailError

logger = logging.getLogger(__name__)

MOST_FAILURES = 5  # without getting any further
_FIRST_PAUSE = timedelta(seconds=10)
_KEY_PAUSE = timedelta(minutes=1)


def due() -> QuerySet[Job]:
    """Return what is to be worked on, in its order."""
    return Job.objects.filter(state__in=Job.OPEN).order_by("next_attempt_at")


def free_places() -> int:
    """Return for how many more jobs there is room now: the others of the workers are for mail on its way.

    Two workers that look in the same moment may both take the last place; that costs nobody anything but time.
    """
    now = timezone.now()
    return max(0, settings.JOBS_AT_ONCE - Job.objects.filter(state__in=Job.OPEN, lease_until__gte=now).count())


def waiting(limit: int) -> list[UUID]:
    """Return jobs that nobody works on and that could be taken up now."""
    now = timezone.now()
    free = due().filter(next_attempt_at__lte=now).filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    return list(free.values_list("pk", flat=True)[:limit])


def work_on(job_id: UUID) -> bool:
    """Work on a job for a stretch of time if nobody else does; returns whether it should be queued again."""
    if not free_places():
        return False  # the sweep comes back to it
    lease = leases.take(due().filter(pk=job_id), 1)
    if lease is None:
        return False
    try:
        return _work_under(lease, job_id)
    finally:
        leases.forget(lease, {job_id})  # after a failure in here it runs out by itself; else it is given back already


def _work_under(lease: Lease, job_id: UUID) -> bool:
    job = Job.objects.select_related("user").get(pk=job_id)
    try:
        mailbox = _open(job)
        _ = mailbox.keys
    except KeyUnavailable:
        leases.give_back(lease, next_attempt_at=timezone.now() + _KEY_PAUSE)
        return False
    except WorkmailError:  # the person may no longer use the mailbox
        Job.objects.filter(pk=job.pk, state__in=Job.OPEN).update(
            state=Job.State.FAILED, finished_at=timezone.now(), parameters=b"", cursor=b"", doing=b""
        )
        leases.give_back(lease)
        return False
    with translation.override(_language(job)):
        return _work(mailbox, job, lease)


def _work(mailbox: OpenMailbox, job: Job, lease: Lease) -> bool:
    if job.crashes >= MOST_FAILURES:
        _end(mailbox, job, lease, Job.State.FAILED, {})
        return False
    changes = {"state": Job.State.RUNNING, **progress.speed_starts(job)}
    if not lease.rows().filter(state__in=Job.OPEN).update(**changes):
        leases.give_back(lease)  # cancelled in this moment
        return False
    job.refresh_from_db()
    try:
        parameters = sealing.unseal(mailbox.keys, job.pk, "parameters", job.parameters, {})
        reporter = Progress(mailbox, job, lease)
        result = kinds.get(job.kind).work(mailbox, parameters, reporter)
    except Paused:
        leases.give_back(lease, crashes=0, next_attempt_at=timezone.now())
        return True
    except Cancelled:
        leases.give_back(lease)
    except TakenOver:
        logger.warning("The lease of job %s was lost; whoever has it now goes on", job.pk)
    except KeyUnavailable:
        leases.give_back(lease, next_attempt_at=timezone.now() + _KEY_PAUSE)
    except WorkmailError as error:
        _end(mailbox, job, lease, Job.State.FAILED, {"problem": str(error)})
    except Exception:
        _try_again(mailbox, job, lease)
    else:
        if reporter.total is not None:
            reporter.total = max(reporter.total, reporter.done)
        _end(mailbox, job, lease, Job.State.DONE, result or {}, done=reporter.done, total=reporter.total)
    return False


def _try_again(mailbox: OpenMailbox, job: Job, lease: Lease) -> None:
    job.refresh_from_db(fields=["attempts", "state"])  # getting further sets the attempts to nothing
    if job.state not in Job.OPEN:  # cancelled: what it worked with was taken away from it
        leases.give_back(lease)
        return
    logger.exception("Job %s (%s) did not work", job.pk, job.kind)
    attempts = job.attempts + 1
    if attempts >= MOST_FAILURES:
        _end(mailbox, job, lease, Job.State.FAILED, {})
    else:
        pause = _FIRST_PAUSE * 2 ** (attempts - 1)
        leases.give_back(lease, attempts=attempts, crashes=0, next_attempt_at=timezone.now() + pause)


def _end(
    mailbox: OpenMailbox, job: Job, lease: Lease, state: Job.State, result: dict[str, Any], **changes: Any
) -> None:
    sealed = sealing.seal(mailbox.keys, job.pk, "result", result)
    ending.end(mailbox, job.pk, holder=lease.holder, state=state, result=sealed, finished_at=timezone.now(), **changes)
    leases.give_back(lease)
    announcing.ring(mailbox.mailbox.sequence_id, job.pk)


def _open(job: Job) -> OpenMailbox:
    if job.user is None:
        return access.open_mailbox_for_system(job.mailbox_id)
    return access.open_mailbox(Actor(job.user, protocol="job"), job.mailbox_id)


def _language(job: Job) -> str:
    if job.user is None:
        return settings.LANGUAGE_CODE
    return preferences.of(job.user).language or job.user.organization.language or settings.LANGUAGE_CODE
