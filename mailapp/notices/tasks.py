"""A thin Celery skin: the rows say what is due, and each task may run twice."""

from celery import shared_task


@shared_task
def tell() -> None:
    """Tell the browsers of whatever is due."""
    from mailapp.notices import sending

    sending.send_due()
