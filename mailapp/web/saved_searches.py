"""Saving a search, opening, renaming and deleting it, each with its undo; and the page that lists them all."""

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
from mailapp.search import recent, saved
from mailapp.web import answers, idempotency, pages, undoing
from mailapp.web.search_links import address_of


@login_required
@require_GET
def manage(request: HttpRequest) -> HttpResponse:
    """All saved searches with what one may do to each: plain forms, which work without script."""
    mailbox = access.open_own_mailbox(request.actor)
    context = {
        **pages.frame_context(request, mailbox),
        "text": request.GET.get("q", ""),
        "longest_name": saved.LONGEST_NAME,
        "recent_searches": [(text, address_of(text)) for text in recent.listed(mailbox)],
    }
    return render(request, "mail/saved_searches.html", context)


@login_required
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)

    def act() -> dict[str, Any]:
        kept = saved.save(mailbox, request.POST.get("name", ""), request.POST.get("q", ""))
        return {
            "sentence": _("Search saved as %(name)s.") % {"name": kept.name},
            "undo": undoing.token(mailbox, [{"do": "remove search", "search": kept.id.hex}]),
        }

    return _answer(request, mailbox, act, to=address_of(request.POST.get("q", "")))


@login_required
@require_POST
def rename(request: HttpRequest, search_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)

    def act() -> dict[str, Any]:
        before = saved.get(mailbox, search_id)
        after = saved.rename(mailbox, search_id, request.POST.get("name", ""))
        step = {"do": "rename search", "search": search_id.hex, "name": undoing.sealed(mailbox, before.name)}
        return {
            "sentence": _("The search is now named %(name)s.") % {"name": after.name},
            "undo": undoing.token(mailbox, [step]),
        }

    return _answer(request, mailbox, act)


@login_required
@require_POST
def delete(request: HttpRequest, search_id: UUID) -> HttpResponse:
    mailbox = access.open_own_mailbox(request.actor)

    def act() -> dict[str, Any]:
        gone = saved.delete(mailbox, search_id)
        step = {
            "do": "restore search",
            "search": search_id.hex,
            "name": undoing.sealed(mailbox, gone.name),
            "text": undoing.sealed(mailbox, gone.text),
        }
        return {
            "sentence": _("Saved search %(name)s deleted.") % {"name": gone.name},
            "undo": undoing.token(mailbox, [step]),
        }

    return _answer(request, mailbox, act)


@login_required
@require_POST
def remember(request: HttpRequest) -> HttpResponse:
    """Note what is being searched for, so that the field can offer it again. Sent beside the search itself."""
    recent.remember(access.open_own_mailbox(request.actor), request.POST.get("q", ""))
    return JsonResponse({})


@login_required
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Forget what was searched for lately."""
    recent.forget_all(access.open_own_mailbox(request.actor))
    answer = {"sentence": _("Recent searches forgotten."), "undo": ""}
    return answers.done(request, answer, to=reverse("mail:saved_searches"))


def _answer(
    request: HttpRequest, mailbox: OpenMailbox, act: Callable[[], dict[str, Any]], *, to: str = ""
) -> HttpResponse:
    return answers.done(request, idempotency.once(mailbox, idempotency.key_of(request), act), to=to)
