"""A thin Celery skin: the task names the row it works on and may run twice."""

from uuid import UUID

from celery import shared_task

from mailapp.unsubscribing import clicking


@shared_task
def carry_out(unsubscription_id: str) -> None:
    clicking.carry_out(UUID(unsubscription_id))


@shared_task
def sweep() -> None:
    clicking.sweep()
