"""Telling Celery what to do. The rows are the truth: this may fail or be lost, and the sweep finds them."""

from uuid import UUID

from mailapp.delivery import announcing


def announce(unsubscription_id: UUID) -> None:
    from mailapp.unsubscribing.tasks import carry_out

    announcing.tell(("unsubscribing", unsubscription_id), lambda: carry_out.apply_async((str(unsubscription_id),)))
