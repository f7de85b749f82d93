"""Long work: done once, whatever dies; stopped when nobody wants it; told about; forgotten."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.delivery import leases
from mailapp.jobs import ending, kinds, operations, progress, running, tasks
from mailapp.jobs.kinds import Kind
from mailapp.jobs.models import Job
from mailapp.store.models import Folder
from tests.factories import make_user, open_mailbox
from workmail.errors import Invalid, KeyUnavailable, LimitExceeded, NotFound

pytestmark = pytest.mark.django_db

NAMES = ["one", "two", "three", "four"]


def begin(mailbox: OpenMailbox, names: list[str] = NAMES, kind: str = "make_folders") -> Job:
    """Write the work down; nobody is told."""
    job_id = operations.start(mailbox, kind, parameters={"names": names}, about={"what": "things"})
    return Job.objects.get(pk=job_id)


def made(mailbox: OpenMailbox) -> int:
    return Folder.objects.filter(mailbox=mailbox.mailbox, role="").count()


def register(work: Any) -> None:
    kinds.register(Kind("trial", work, title=lambda about: "Trial", notice=lambda about, result: "Over."))


def test_work_is_done_and_told(mailbox: OpenMailbox, making_folders: list[str]):
    job = begin(mailbox)
    assert operations.find(mailbox, job.pk).words == "Waiting to begin"
    assert not running.work_on(job.pk)
    view = operations.find(mailbox, job.pk)
    assert (view.state, view.notice, view.job.done, view.job.total) == ("done", "4 made.", 4, 4)
    assert view.title == "Make things"
    assert made(mailbox) == 4
    assert [shown.id for shown in operations.current(mailbox)] == [job.pk]
    operations.dismiss(mailbox, job.pk)
    assert operations.current(mailbox) == []


def test_what_only_the_work_needed_is_forgotten_at_its_end(mailbox: OpenMailbox, making_folders: list[str]):
    job = begin(mailbox, ["secret"])
    assert b"secret" not in bytes(job.parameters)
    running.work_on(job.pk)
    job.refresh_from_db()
    assert (bytes(job.parameters), bytes(job.cursor), bytes(job.doing)) == (b"", b"", b"")
    assert making_folders == ["secret"]


@pytest.mark.django_db(transaction=True)
def test_starting_hands_over_to_a_worker_after_the_commit(mailbox: OpenMailbox, making_folders: list[str]):
    job = begin(mailbox)
    assert operations.find(mailbox, job.pk).state == "done"


@pytest.mark.django_db(transaction=True)
def test_a_lost_task_is_found_by_the_sweep(mailbox: OpenMailbox, making_folders: list[str], celery_queued: None):
    job = begin(mailbox)
    assert running.waiting(10) == [job.pk]
    running.work_on(job.pk)
    assert running.waiting(10) == []


def test_a_killed_worker_is_followed_by_another_from_the_last_cursor(mailbox: OpenMailbox, making_folders: list[str]):
    job = begin(mailbox)
    lease = leases.take(running.due(), 1)
    assert lease is not None
    lease.rows().update(state=Job.State.RUNNING)
    reporter = progress.Progress(mailbox, Job.objects.get(pk=job.pk), lease)
    from mailapp.store import folders

    for number in (0, 1):
        folders.create(mailbox, NAMES[number])
        reporter.advance(1, next=number + 1)
    leases.keeper.remove(lease)  # dead: nothing renews it any more
    assert not running.work_on(job.pk)
    assert made(mailbox) == 2  # not before the lease has run out
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert running.waiting(1) == [job.pk]
    running.work_on(job.pk)
    view = operations.find(mailbox, job.pk)
    assert (view.state, view.job.done, made(mailbox)) == ("done", 4, 4)


def test_a_worker_that_slept_too_long_does_nothing_more(mailbox: OpenMailbox, making_folders: list[str]):
    job = begin(mailbox)
    lease = leases.take(running.due(), 1)
    assert lease is not None
    lease.rows().update(state=Job.State.RUNNING)
    reporter = progress.Progress(mailbox, job, lease)
    Job.objects.update(lease_holder=job.pk)  # somebody else's
    with pytest.raises(progress.TakenOver):
        reporter.advance(1, next=1)
    job.refresh_from_db()
    assert job.done == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_a_job_once(mailbox: OpenMailbox, making_folders: list[str], settings: Any, celery_queued: None):
    settings.JOBS_AT_ONCE = 5
    job = begin(mailbox, [f"folder {n}" for n in range(30)])
    together = threading.Barrier(3)

    def worker() -> None:
        together.wait()
        try:
            running.work_on(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    view = operations.find(mailbox, job.pk)
    assert (view.state, view.job.done, made(mailbox), view.job.attempts) == ("done", 30, 30, 0)


def test_cancelled_before_it_began(mailbox: OpenMailbox, making_folders: list[str]):
    job = begin(mailbox)
    assert operations.cancel(mailbox, job.pk)
    assert not operations.cancel(mailbox, job.pk)
    running.work_on(job.pk)
    assert made(mailbox) == 0
    assert operations.find(mailbox, job.pk).notice == "Make things: cancelled."
    assert making_folders == [",".join(NAMES)]


def test_cancelled_while_it_goes_on(mailbox: OpenMailbox):
    steps = []

    def work(mailbox: OpenMailbox, parameters: dict, progress: progress.Progress) -> None:
        for number in range(10):
            steps.append(number)
            if number == 3:
                operations.cancel(mailbox, progress.job_id)
            progress.advance(1, next=number)

    register(work)
    job = begin(mailbox, kind="trial")
    running.work_on(job.pk)
    job.refresh_from_db()
    assert steps == [0, 1, 2, 3]
    assert (job.state, job.lease_holder, bytes(job.parameters)) == ("cancelled", None, b"")


def test_long_work_lets_others_have_the_worker(mailbox: OpenMailbox, making_folders: list[str], monkeypatch: Any):
    monkeypatch.setattr(running, "Progress", lambda *a: progress.Progress(*a, slice_seconds=0))
    job = begin(mailbox)
    assert running.work_on(job.pk)  # stands in line again
    assert made(mailbox) == 1
    tasks.work(str(job.pk))
    assert (operations.find(mailbox, job.pk).state, made(mailbox)) == ("done", 4)


def test_only_so_many_at_once_so_that_mail_never_waits(mailbox: OpenMailbox, making_folders: list[str], settings: Any):
    settings.JOBS_AT_ONCE = 1
    first, second = begin(mailbox, ["a"]), begin(mailbox, ["b"])
    lease = leases.take(running.due().filter(pk=first.pk), 1)
    assert lease is not None
    assert not running.work_on(second.pk)
    assert made(mailbox) == 0
    leases.give_back(lease)
    running.work_on(second.pk)
    assert made(mailbox) == 1


def test_a_refusal_is_told_and_not_tried_again(mailbox: OpenMailbox):
    def work(mailbox: OpenMailbox, parameters: dict, progress: progress.Progress) -> None:
        raise Invalid("The file is no archive.")

    register(work)
    job = begin(mailbox, kind="trial")
    running.work_on(job.pk)
    view = operations.find(mailbox, job.pk)
    assert (view.state, view.notice) == ("failed", "Trial: The file is no archive.")


def test_what_nobody_expected_is_tried_again_and_gives_up_in_the_end(mailbox: OpenMailbox):
    tries = []

    def work(mailbox: OpenMailbox, parameters: dict, progress: progress.Progress) -> None:
        tries.append(1)
        raise OSError("The disk is away")

    register(work)
    job = begin(mailbox, kind="trial")
    for _ in range(10):
        Job.objects.filter(state__in=Job.OPEN).update(next_attempt_at=timezone.now())
        running.work_on(job.pk)
    assert len(tries) == running.MOST_FAILURES
    assert operations.find(mailbox, job.pk).notice == "Trial: This did not work. Try again."


def test_a_key_that_is_away_only_delays(mailbox: OpenMailbox):
    def work(mailbox: OpenMailbox, parameters: dict, progress: progress.Progress) -> None:
        raise KeyUnavailable

    register(work)
    job = begin(mailbox, kind="trial")
    running.work_on(job.pk)
    job.refresh_from_db()
    assert job.state == "running"
    assert job.next_attempt_at > timezone.now()
    assert job.lease_holder is None


def test_nobody_else_sees_or_stops_it(mailbox: OpenMailbox, making_folders: list[str]):
    job = begin(mailbox)
    bob = open_mailbox(make_user(mailbox.mailbox.organization, "bob"))
    for act in (operations.find, operations.cancel):
        with pytest.raises(NotFound):
            act(bob, job.pk)
    operations.dismiss(bob, job.pk)
    assert operations.current(bob) == []
    assert len(operations.current(mailbox)) == 1


def test_too_much_at_once_is_refused(mailbox: OpenMailbox, making_folders: list[str]):
    for _ in range(operations.MOST_OPEN):
        begin(mailbox)
    with pytest.raises(LimitExceeded):
        begin(mailbox)


def test_the_time_left_is_told_by_the_speed_of_this_run(mailbox: OpenMailbox):
    now = timezone.now()
    job = Job(state="running", done=1_240, total=8_000, done_when_taken_up=240, taken_up_at=now - timedelta(seconds=30))
    assert operations.minutes_left(job, now) == 4
    job.done_when_taken_up = 1_240
    assert operations.minutes_left(job, now) is None
    job.done_when_taken_up, job.done = 0, 7_999
    assert operations.minutes_left(job, now) == 0
    job.total = None
    assert operations.minutes_left(job, now) is None
    assert kinds.counted_messages(1_240, 8_000) == "1,240 of 8,000 messages"


def test_old_jobs_are_deleted(mailbox: OpenMailbox, making_folders: list[str]):
    job = begin(mailbox)
    running.work_on(job.pk)
    assert ending.expire() == 0
    Job.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert ending.expire() == 1
    with pytest.raises(NotFound):
        operations.find(mailbox, job.pk)
