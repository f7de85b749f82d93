"""Contacts that seem to be the same, and what to do about each."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mailapp.contacts import duplicates as duplicate_contacts
from mailapp.contacts.duplicates import Reason
from mailapp.web.people import frames, pages

_SHOWN = 50


@login_required
@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    book = frames.open_book(request)
    found = duplicate_contacts.find(book)
    words = {
        Reason.ADDRESS: _("They have an address in common."),
        Reason.PHONE: _("They have a phone number in common."),
        Reason.NAME: _("They have the same name."),
    }
    context = {
        **frames.frame(request, book, "duplicates"),
        "total": len(found),
        "proposals": [
            {
                "rows": frames.rows_of(proposal.entries, None, can_be_chosen=False),
                "entries": proposal.entries,
                "reasons": [words[reason] for reason in Reason if reason in proposal.reasons],
                "name": proposal.entries[0].summary.name,
            }
            for proposal in found[:_SHOWN]
        ],
    }
    return render(request, "people/duplicates.html", context)


@login_required
@require_POST
def merge(request: HttpRequest) -> HttpResponse:
    book, keys = frames.open_book(request), frames.keys_of(request)
    return frames.perform(
        request, book, lambda: duplicate_contacts.merge(book, keys), pages.merged, reverse("contacts:duplicates")
    )


@login_required
@require_POST
def keep_apart(request: HttpRequest) -> HttpResponse:
    book, keys = frames.open_book(request), frames.keys_of(request)
    return frames.perform(
        request,
        book,
        lambda: duplicate_contacts.keep_apart(book, keys),
        lambda _written: _("They stay apart and are not proposed again."),
        reverse("contacts:duplicates"),
    )
