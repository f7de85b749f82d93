"""The end of a job, once: the state, the notice, and what nobody needs any more."""

import logging
from typing import Any
from uuid import UUID

from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.jobs import kinds, sealing
from mailapp.jobs.models import KEPT, Job

logger = logging.getLogger(__name__)


def end(mailbox: OpenMailbox, job_id: UUID, *, holder: UUID | None = None, **changes: Any) -> bool:
    """Write the end of a job that is still open, and forget its parameters; False when it had ended already.

    Args:
        holder: Who must still have the lease.
    """
    rows = Job.objects.filter(pk=job_id, state__in=Job.OPEN)
    if holder is not None:
        rows = rows.filter(lease_holder=holder)
    job = rows.first()
    if job is None:
        return False
    parameters = sealing.unseal(mailbox.keys, job.pk, "parameters", job.parameters, {})
    if not rows.update(**{"parameters": b"", "cursor": b"", "doing": b"", **changes}):
        return False
    forget(job, parameters)
    return True


def forget(job: Job, parameters: dict[str, Any]) -> None:
    """Let the kind remove what only the work needed; failing to leaves it to the expiry of files."""
    try:
        kinds.get(job.kind).forget(job.pk, parameters)
    except Exception:
        logger.exception("What job %s needed could not be removed", job.pk)


def expire(limit: int = 500) -> int:
    """Delete jobs that ended a week ago; returns how many."""
    old = list(Job.objects.filter(finished_at__lt=timezone.now() - KEPT).values_list("pk", flat=True)[:limit])
    Job.objects.filter(pk__in=old).delete()
    return len(old)
