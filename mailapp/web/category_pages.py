"""Categories: the page that makes and changes them, and what the script's menu offers."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.categories import keywords, operations, shelf
from mailapp.categories.models import Category
from mailapp.web import answers, idempotency, undoing
from mailapp.web.search_links import address_of
from workmail.errors import Invalid, NotFound, WorkmailError
from workmail.ui import refusals


@login_required
@require_GET
def manage(request: HttpRequest) -> HttpResponse:
    """All categories with what one may do to each: plain forms, which work without script."""
    return _page(request, access.open_own_mailbox(request.actor))


@login_required
@require_GET
def choices(request: HttpRequest) -> HttpResponse:
    """What the menu of a list offers: the categories of the mailbox that the folder is in, else of one's own."""
    mailbox = _mailbox(request, request.GET.get("folder", ""))
    return JsonResponse({"categories": [each.values for each in shelf.of(mailbox).categories]})


@login_required
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    mailbox = _mailbox(request, request.POST.get("folder", ""))

    def act() -> dict[str, Any]:
        made = operations.create(mailbox, request.POST.get("name", ""), request.POST.get("colour", ""))
        return {
            "sentence": _("Category %(name)s made.") % {"name": made.name},
            "undo": undoing.token(mailbox, [undoing.category_step(mailbox, "remove", made)]),
            "category": made.values,
        }

    return _answer(request, mailbox, act)


@login_required
@require_POST
def change(request: HttpRequest, category_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)

    def act() -> dict[str, Any]:
        name = request.POST.get("name", "")
        before = operations.change(mailbox, category_id, name, request.POST.get("colour", ""))
        return {
            "sentence": _("Category %(name)s changed.") % {"name": operations.clean_name(name)},
            "undo": undoing.token(mailbox, [undoing.category_step(mailbox, "revert", before)]),
        }

    return _answer(request, mailbox, act)


@login_required
@require_POST
def delete(request: HttpRequest, category_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)

    def act() -> dict[str, Any]:
        gone = operations.delete(mailbox, category_id)
        return {
            "sentence": _("Category %(name)s deleted. The messages stay.") % {"name": gone.name},
            "undo": undoing.token(mailbox, [undoing.category_step(mailbox, "restore", gone)]),
        }

    return _answer(request, mailbox, act)


def _answer(request: HttpRequest, mailbox: OpenMailbox, act: Callable[[], dict[str, Any]]) -> HttpResponse:
    try:
        answer = idempotency.once(mailbox, idempotency.key_of(request), act)
    except NotFound:
        raise
    except WorkmailError as problem:
        if refusals.wants_json(request):
            raise
        return _page(request, mailbox, problem=problem)
    return answers.done(request, answer, to=reverse("mail:categories"))


def _page(request: HttpRequest, mailbox: OpenMailbox, *, problem: WorkmailError | None = None) -> HttpResponse:
    context = {
        "categories": [(each, address_of(f'category:"{each.name}"')) for each in shelf.read(mailbox).categories],
        "colours": Category.Colour.choices,
        "longest_name": keywords.LONGEST_NAME,
        "problem": problem,
        "typed": request.POST.get("name", "") if problem else "",
        **answers.said(request),
    }
    return render(request, "mail/categories.html", context, status=refusals.status_of(problem) if problem else 200)


def _mailbox(request: HttpRequest, folder: str) -> OpenMailbox:
    """Return the mailbox of that folder, which somebody may share; else one's own."""
    if folder:
        return access.open_folder(request.actor, _uuid(folder)).mailbox
    return access.open_own_mailbox(request.actor)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid from error
