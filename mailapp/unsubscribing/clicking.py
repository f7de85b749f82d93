"""Asking a list to let go: the POST of RFC 8058, outside of any request and of any transaction."""

import logging
import time
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from mailapp import access, guarded_http
from mailapp.unsubscribing.models import Unsubscription
from mailapp.unsubscribing.operations import context_of
from workmail.errors import KeyUnavailable, NotFound

logger = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 4
SECONDS_IN_ALL: Final = 15.0
_LARGEST_ANSWER_BYTES: Final = 64 * 1024
_AGAIN_AFTER: Final = (timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2), timedelta(hours=6))
_BODY: Final = b"List-Unsubscribe=One-Click"
_FIELDS: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"}


def carry_out(unsubscription_id: UUID) -> None:
    """Send the request of one row, if it is due and nobody else is at it. Asking twice does no harm."""
    now = timezone.now()
    due = Unsubscription.objects.filter(
        pk=unsubscription_id, state=Unsubscription.State.WAITING, next_attempt_at__lte=now
    )
    # Whoever moves the time on has it; a process that dies after this is followed by the next attempt.
    if not due.update(attempts=F("attempts") + 1, next_attempt_at=now + _AGAIN_AFTER[0]):
        return
    row = Unsubscription.objects.get(pk=unsubscription_id)
    try:
        mailbox = access.open_mailbox_for_system(row.mailbox_id)
        target = mailbox.keys.unseal(bytes(row.target), context_of(row)).decode()
    except (KeyUnavailable, NotFound):
        return
    _end(row, is_done=_post(target))


def _post(url: str) -> bool:
    deadline = time.monotonic() + SECONDS_IN_ALL
    try:
        with guarded_http.ask(
            url, _FIELDS, deadline=deadline, body=_BODY, allow_private=settings.REMOTE_IMAGES_ALLOW_PRIVATE
        ) as answer:
            # RFC 8058 §3.1: no redirects, they lose the POST.
            if not 200 <= answer.status < 300:
                raise guarded_http.Refused(f"status {answer.status}")
            guarded_http.read(answer, _LARGEST_ANSWER_BYTES)
    except guarded_http.Refused as refusal:
        logger.info("A list did not let go: %s", refusal)
        return str(refusal) == "too large"  # it has answered with 2xx all the same
    return True


def _end(row: Unsubscription, *, is_done: bool) -> None:
    mine = Unsubscription.objects.filter(pk=row.pk, state=Unsubscription.State.WAITING)
    if is_done:
        mine.update(state=Unsubscription.State.DONE, target=b"", next_attempt_at=None)
    elif row.attempts >= MOST_ATTEMPTS:
        mine.update(state=Unsubscription.State.FAILED, target=b"", next_attempt_at=None)
    else:
        mine.update(next_attempt_at=timezone.now() + _AGAIN_AFTER[row.attempts - 1])


def sweep(limit: int = 50) -> None:
    """Carry out what nobody was told of, or what did not work before."""
    due = Unsubscription.objects.filter(state=Unsubscription.State.WAITING, next_attempt_at__lte=timezone.now())
    for unsubscription_id in list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:limit]):
        carry_out(unsubscription_id)
