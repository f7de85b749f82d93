"""A thin Celery skin: each task names the row it works on and may run twice."""

from uuid import UUID

from celery import shared_task
from celery.signals import worker_process_init, worker_process_shutdown

from mailapp.delivery import sweeping, working
from mailapp.delivery.outbound import engine, queue


@shared_task
def deliver(transit_id: str) -> None:
    """Queued for one transit; whatever else is due comes along."""
    working.deliver()


@shared_task
def transmit(transit_id: str) -> None:
    queue.transmit(UUID(transit_id))


@shared_task
def sweep() -> None:
    sweeping.sweep()


@worker_process_init.connect
def _begin(**_: object) -> None:
    """Every process of a worker sends by itself and sweeps by itself: neither waits for a task."""
    engine.start()
    sweeping.start_thread()


@worker_process_shutdown.connect
def _end(**_: object) -> None:
    engine.stop()
