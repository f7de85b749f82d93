"""The same request twice acts once."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.web.models import AnsweredRequest
from workmail.errors import Invalid

KEPT = timedelta(days=2)  # longer than a page waits offline with something to send
_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,64}\Z")
Answer = dict[str, Any]


def key_of(request: HttpRequest) -> str:
    """Return the request's key, or an empty string when it has none (a form without script).

    Raises:
        Invalid: It is no key that a page of ours has made.
    """
    key = request.headers.get("Idempotency-Key", "") or request.POST.get("idempotency_key", "")
    if key and not _KEY.match(key):
        raise Invalid
    return key


def once(mailbox: OpenMailbox, key: str, act: Callable[[], Answer]) -> Answer:
    """Carry out ``act`` and return its answer; for a key that was used before, return that answer only.

    The key is taken in the transaction of the act: two requests at the same moment wait for one another, and an act
    that fails leaves its key free.
    """
    if not key:
        with transaction.atomic():
            return act()
    user = mailbox.actor.user
    if (known := _known(mailbox, key)) is not None:
        return known
    try:
        with transaction.atomic():
            row = AnsweredRequest.objects.create(user=user, key=key)
            answer = act()
            row.answer = mailbox.keys.seal(json.dumps(answer).encode(), _context(row))
            row.save(update_fields=["answer"])
            AnsweredRequest.objects.filter(user=user, created_at__lt=timezone.now() - KEPT).delete()
            return answer
    except IntegrityError:
        if (known := _known(mailbox, key)) is not None:
            return known
        raise


def _known(mailbox: OpenMailbox, key: str) -> Answer | None:
    row = AnsweredRequest.objects.filter(user=mailbox.actor.user, key=key).first()
    return json.loads(mailbox.keys.unseal(bytes(row.answer), _context(row))) if row else None


def _context(row: AnsweredRequest) -> bytes:
    return b"answered request " + row.pk.bytes
