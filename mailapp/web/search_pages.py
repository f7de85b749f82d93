"""What helps to write a search: the words the field offers while somebody types, and the form to pick from."""

from dataclasses import asdict
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext, pgettext
from django.views.decorators.http import require_GET

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.search import operators, options, people, query, recent, values, vocabulary
from mailapp.search.options import Options
from mailapp.web import pages
from mailapp.web.search_links import address_of
from workmail.ui.refusals import is_partial
from workmail.ui.strings import Text, plural

_LONGEST_NAME = 200
_TEXTS = ("words", "sender", "recipient", "subject")
_CHECKS = ("has_attachment", "is_unread", "is_flagged")


@login_required
@require_GET
def words(request: HttpRequest) -> HttpResponse:
    """All that the search field offers but people, who are asked for by name while somebody types."""
    mailbox = access.open_own_mailbox(request.actor)
    language = get_language() or "en"
    offered = vocabulary.all_values(mailbox, language, timezone.localdate())
    return JsonResponse(
        {
            "operators": [asdict(operator) for operator in vocabulary.all_operators(language)],
            "values": {kind: [asdict(value) for value in listed] for kind, listed in offered.items()},
            "recent": recent.listed(mailbox),
            "people": reverse("mail:search_people"),
            "texts": _texts(),
        }
    )


@login_required
@require_GET
def people_like(request: HttpRequest) -> HttpResponse:
    """People that ``q`` may mean, as JSON; for ``of=from`` those who wrote lately come first."""
    mailbox = access.open_own_mailbox(request.actor)
    typed, senders = request.GET.get("q", "")[:_LONGEST_NAME], request.GET.get("of") == "from"
    found = people.suggest(mailbox, typed, senders=senders)
    return JsonResponse({"results": [{"name": each.display_name, "address": each.addr_spec} for each in found]})


def _texts() -> dict[str, Text]:
    return {
        "list": gettext("Suggestions for this search"),
        "recent": gettext("Recent searches"),
        "conditions": pgettext("heading, parts of a search", "Conditions"),
        # Translators: read by screen readers while somebody types a search
        "count": plural(lambda n: ngettext("{n} suggestion.", "{n} suggestions.", n)),
        "none": gettext("No suggestions."),
    }


@login_required
@require_GET
def form(request: HttpRequest) -> HttpResponse:
    """The conditions as a form. Sent with its fields it leads to the results, or says which field cannot be used."""
    mailbox = access.open_own_mailbox(request.actor)
    language = get_language() or "en"
    errors: dict[str, str] = {}
    if "pick" in request.GET:
        picked, errors = _picked(request)
        if not errors:
            return HttpResponseRedirect(address_of(options.text_of(picked, language)))
    else:
        picked = options.options_of(query.parse(request.GET.get("q", "")), language)
    context = {
        "options": picked,
        "errors": errors,
        "larger": request.GET.get("larger", "") if errors else _size(picked),
        "folders": _folders(mailbox, picked.folder, language),
    }
    if is_partial(request) or request.GET.get("part") == "form":
        return render(request, "mail/components/search_options.html", {**context, "in_dialog": True})
    return render(request, "mail/search_options.html", {**pages.frame_context(request, mailbox), **context})


def _picked(request: HttpRequest) -> tuple[Options, dict[str, str]]:
    """Return what the fields say, and a sentence for each that cannot be used."""
    errors: dict[str, str] = {}
    fields: dict[str, Any] = {name: request.GET.get(name, "")[: query.LONGEST_QUERY].strip() for name in _TEXTS}
    fields |= {name: bool(request.GET.get(name)) for name in _CHECKS}
    fields["folder"] = request.GET.get("folder", "")[: query.LONGEST_QUERY].strip()
    for name in ("since", "before"):
        fields[name] = request.GET.get(name, "").strip()
        if fields[name] and not _is_day(fields[name]):
            errors[name] = gettext("Write the date like 2026-11-24.")
    if larger := request.GET.get("larger", "").strip():
        fields["larger_bytes"] = values.size_value(larger)
        if fields["larger_bytes"] is None:
            errors["larger"] = gettext("Write a size such as 5 MB or 500 KB.")
    return Options(**fields), errors


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _size(picked: Options) -> str:
    return "" if picked.larger_bytes is None else values.shown_size(picked.larger_bytes)


def _folders(mailbox: OpenMailbox, chosen: str, language: str) -> list[tuple[str, str, bool]]:
    """Return (value, label, whether it is chosen) of the choices; a folder that is gone stays a choice."""
    listed = vocabulary.folder_values(mailbox, language)
    wanted = operators.key(operators.folder_name(chosen, language))
    choices = [(value.value, value.label, operators.key(value.value) == wanted) for value in listed]
    if chosen and not any(is_chosen for *_, is_chosen in choices):
        choices.append((chosen, chosen, True))
    return choices
