"""A thin Celery skin over ``learning``; a task may run twice."""

from uuid import UUID

from celery import shared_task

from mailapp.junk import learning


@shared_task
def learn(mailbox_id: str) -> None:
    learning.learn(UUID(mailbox_id))


@shared_task
def sweep() -> None:
    learning.learn_all()
