"""What the pages of this room answer when they refuse."""

import math
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone

from workmail.ui import formats

UNPROCESSABLE = 422  # a form that cannot be used as it is; browsers then do not offer to keep a wrong password


def until_words(until: datetime) -> str:
    """Return the minute after ``until``, with its zone: who is not signed in may live in another one."""
    minute = (until + timedelta(seconds=59)).replace(second=0, microsecond=0)
    return f"{formats.clock(minute)} {formats.local(minute):%Z}".strip()


def blocked_response(response: HttpResponse, until: datetime) -> HttpResponse:
    """Turn a page into the answer for somebody who tried too often."""
    response.status_code = 429
    response["Retry-After"] = max(1, math.ceil((until - timezone.now()).total_seconds()))
    return response
