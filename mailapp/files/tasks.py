"""The sweep of files and links that have run out."""

from celery import shared_task


@shared_task
def expire() -> int:
    """Delete files whose time is over, and forget links that ended long ago; returns how many files went."""
    from mailapp.files import links, storing

    links.forget()
    return storing.expire()
