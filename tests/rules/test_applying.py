"""A rule over what a folder has already: the count first, then the work, resumed and stopped."""

from typing import Any

import pytest
from django.utils import timezone

from mailapp.jobs import operations as jobs
from mailapp.jobs import running
from mailapp.jobs.models import Job
from mailapp.rules import applying, operations
from mailapp.rules.definition import Action, Condition, Kind, Operator, Subject
from mailapp.store import folders
from mailapp.store.models import Message
from tests.delivery.conftest import House
from tests.factories import make_message_bytes, make_user, open_folder, open_mailbox, store_message
from tests.rules.conftest import rule
from workmail.errors import Invalid, NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]


@pytest.fixture
def waiting_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a job wait until the test works on it."""
    monkeypatch.setattr(jobs, "_hand_over", lambda *_: None)


def fill(user: Any, count: int) -> None:
    for number in range(count):
        word = "invoice" if number % 2 else "letter"
        store_message(user, make_message_bytes(to=user.addr_spec, subject=f"{word} {number}", text=f"{word}!\n"))


def work(job_id: Any) -> Job:
    while running.work_on(job_id):
        pass
    return Job.objects.get(pk=job_id)


def test_the_count_is_what_the_work_will_do(house: House, waiting_jobs: None, monkeypatch):
    monkeypatch.setattr(applying, "_BATCH", 3)
    fill(house.alice, 9)
    mailbox, inbox = open_mailbox(house.alice), open_folder(house.alice)
    target = folders.create(mailbox, "Bills")
    archive = open_folder(house.alice, "archive")
    body = Condition(Subject.BODY, Operator.CONTAINS, ("invoice!",))
    wanted = rule(
        Action(Kind.MOVE, folder=target.folder.pk.hex),
        Action(Kind.COPY, folder=archive.folder.pk.hex),
        Action(Kind.CATEGORIZE, keyword="Red"),
        Kind.FLAG,
        subject="invoice",
    )
    wanted = type(wanted)(wanted.match, (*wanted.conditions, body), (), wanted.actions)
    made = operations.create(mailbox, wanted)
    assert applying.count(mailbox, made.id, inbox) == applying.Count(4, 9, 9)
    job = work(applying.start(mailbox, made.id, inbox))
    assert (job.state, job.done, job.total) == ("done", 9, 9)
    assert inbox.messages.count() == 5
    assert list(target.messages.values_list("is_flagged", "keywords")) == [(True, ["Red"])] * 4
    assert archive.messages.count() == 4
    assert jobs.find(mailbox, job.pk).notice == "The rule was applied in Inbox: it fitted 4 messages."
    assert applying.count(mailbox, made.id, inbox).matched == 0


def test_a_large_folder_is_counted_as_far_as_time_allows(house: House):
    fill(house.alice, 3)
    made = operations.create(open_mailbox(house.alice), rule(Kind.FLAG))
    counted = applying.count(open_mailbox(house.alice), made.id, open_folder(house.alice), seconds=0)
    assert (counted.looked_at, counted.total, counted.is_whole) == (0, 3, False)


def test_killed_in_the_middle_it_goes_on_and_copies_nothing_twice(house: House, waiting_jobs: None, monkeypatch):
    monkeypatch.setattr(applying, "_BATCH", 2)
    fill(house.alice, 8)
    mailbox = open_mailbox(house.alice)
    archive = open_folder(house.alice, "archive")
    made = operations.create(mailbox, rule(Action(Kind.COPY, folder=archive.folder.pk.hex), subject="invoice"))
    job_id = applying.start(mailbox, made.id, open_folder(house.alice))
    original, calls = applying._apply, []

    def once_killed(*arguments: Any) -> None:
        original(*arguments)
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("after the rows, before the mark")

    monkeypatch.setattr(applying, "_apply", once_killed)
    assert work(job_id).state == Job.State.RUNNING
    assert archive.messages.count() == 2
    Job.objects.update(next_attempt_at=timezone.now())
    assert work(job_id).state == Job.State.DONE
    assert archive.messages.count() == 4


def test_it_can_be_stopped_and_what_is_done_stays_done(house: House, waiting_jobs: None, monkeypatch):
    monkeypatch.setattr(applying, "_BATCH", 2)
    fill(house.alice, 6)
    mailbox = open_mailbox(house.alice)
    made = operations.create(mailbox, rule(Kind.FLAG))
    job_id = applying.start(mailbox, made.id, open_folder(house.alice))
    original = applying._apply

    def stopped(*arguments: Any) -> None:
        original(*arguments)
        jobs.cancel(mailbox, job_id)

    monkeypatch.setattr(applying, "_apply", stopped)
    assert work(job_id).state == Job.State.CANCELLED
    assert Message.objects.filter(is_flagged=True).count() == 2


def test_what_arrives_meanwhile_is_left_alone(house: House, waiting_jobs: None):
    fill(house.alice, 2)
    mailbox = open_mailbox(house.alice)
    made = operations.create(mailbox, rule(Kind.FLAG))
    job_id = applying.start(mailbox, made.id, open_folder(house.alice))
    fill(house.alice, 1)
    work(job_id)
    assert Message.objects.filter(is_flagged=True).count() == 2


def test_nothing_is_passed_on_and_a_rule_that_does_only_that_does_not_run(house: House):
    mailbox = open_mailbox(house.alice)
    made = operations.create(mailbox, rule(Action(Kind.REDIRECT, addresses=("out@example.net",))))
    with pytest.raises(Invalid):
        applying.start(mailbox, made.id, open_folder(house.alice))


def test_a_rule_of_somebody_else_runs_nowhere(house: House):
    made = operations.create(open_mailbox(house.alice), rule(Kind.FLAG))
    mailbox = open_mailbox(house.bob)
    with pytest.raises(NotFound):
        applying.start(mailbox, made.id, open_folder(house.bob))
    with pytest.raises(NotFound):
        applying.count(mailbox, made.id, open_folder(make_user(house.organization, "dmitri")))


def test_a_target_that_is_gone_ends_the_work_with_a_sentence(house: House, waiting_jobs: None):
    fill(house.alice, 1)
    mailbox = open_mailbox(house.alice)
    target = folders.create(mailbox, "Bills")
    made = operations.create(mailbox, rule(Action(Kind.MOVE, folder=target.folder.pk.hex)))
    job_id = applying.start(mailbox, made.id, open_folder(house.alice))
    folders.delete(target)
    assert work(job_id).state == Job.State.FAILED
    assert "folder that the rule names is gone" in jobs.find(mailbox, job_id).notice
