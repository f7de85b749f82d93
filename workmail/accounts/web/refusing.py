"""What the pages of this room answer when they refuse."""

import math
from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone

UNPROCESSABLE = 422  # a form that cannot be used as it is; browsers then do not offer to keep a wrong password


def blocked_response(response: HttpResponse, until: datetime) -> HttpResponse:
    """Turn a page into the answer for somebody who tried too often."""
    response.status_code = 429
    response["Retry-After"] = max(1, math.ceil((until - timezone.now()).total_seconds()))
    return response
