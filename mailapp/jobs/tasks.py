"""A thin Celery skin: a task names the row it works on and may run twice."""

from uuid import UUID

from celery import shared_task


@shared_task
def work(job_id: str) -> None:
    """Work on a job for a stretch of time, and stand in line again when there is more."""
    from mailapp.jobs import running

    if running.work_on(UUID(job_id)):
        work.delay(job_id)
    else:
        _fill()  # a place may have become free for who is waiting


@shared_task
def sweep() -> None:
    """Find what no worker is working on: left behind by a crash or a lost broker, deferred, or waiting its turn."""
    _fill()


@shared_task
def expire() -> None:
    """Delete what ended long ago, with its files."""
    from mailapp.jobs import ending, files

    files.expire()
    ending.expire()


def _fill() -> None:
    from mailapp.jobs import running

    places = running.free_places()
    for job_id in running.waiting(places) if places else ():
        work.delay(str(job_id))
