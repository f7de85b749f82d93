"""How a refusal of an operation reaches the person: as a page, in the status line, or as JSON."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from workmail import errors

STATUS: dict[type[errors.WorkmailError], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Invalid: 400,
    errors.AlreadyExists: 409,
    errors.Stale: 409,
    errors.HorizonPassed: 410,
    errors.OverQuota: 507,
    errors.LimitExceeded: 429,
    errors.KeyUnavailable: 503,
}


def status_of(error: errors.WorkmailError) -> int:
    """Return the HTTP status of a refusal; a kind without one has that of its nearest ancestor, else 400."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def is_partial(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def answer(request: HttpRequest, error: errors.WorkmailError) -> HttpResponse:
    """Return the refusal in the form that was asked for.

    A script gets ``{"code", "message"}``. A partial update gets no content but the event ``workmail:refused``, which
    the status line shows: what was on the page stays there.
    """
    status, message = status_of(error), str(error)
    if wants_json(request):
        return JsonResponse({"code": error.code, "message": message}, status=status)
    if is_partial(request):
        response = HttpResponse(status=status)
        response["HX-Reswap"] = "none"
        response["HX-Trigger"] = json.dumps({"workmail:refused": {"code": error.code, "message": message}})
        return response
    template = f"errors/{status}.html" if status in (403, 404) else "errors/refused.html"
    return render(request, template, {"message": message, "code": error.code}, status=status)
