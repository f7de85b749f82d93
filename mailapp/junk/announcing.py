"""Telling Celery what to do. The rows are the truth: this may fail or be lost, and the sweep finds them."""

from uuid import UUID

from mailapp.delivery import announcing


def announce(mailbox_id: UUID) -> None:
    from mailapp.junk.tasks import learn

    announcing.tell(("junk", mailbox_id), lambda: learn.apply_async((str(mailbox_id),)))
