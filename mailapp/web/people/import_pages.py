"""Bringing contacts from elsewhere: choosing a file, seeing how it is meant, and what became of it."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from mailapp.contacts import cards, csv_tables, importing
from mailapp.contacts.importing import File
from mailapp.web.people import frames
from mailapp.web.people.shown import field_label, kind_labels
from workmail.errors import Invalid, LimitExceeded

_SAMPLES, _CARDS_SHOWN = 3, 10


@login_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a file."""
    book, problem = frames.open_book(request), ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise Invalid(_("Choose a file first."), field="file")
            found = importing.receive(book, file.name or "", file.read(importing.LARGEST_FILE + 1))
            return HttpResponseRedirect(reverse("contacts:import_preview", args=[found.id]))
        except (Invalid, LimitExceeded) as refusal:
            problem = str(refusal)
    context = {**frames.frame(request, book, "import"), "problem": problem}
    return render(request, "people/import.html", context, status=422 if problem else 200)


@login_required
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """See what the file holds, say what its columns are, and import it."""
    book = frames.open_book(request)
    file = importing.pending(book, import_id)
    if request.method == "POST":
        if "cancel" in request.POST:
            importing.forget(book, import_id)
            return HttpResponseRedirect(reverse("contacts:import"))
        report = importing.run(book, file, _chosen(request, file))
        context = {
            **frames.frame(request, frames.open_book(request), "import"),
            "report": report,
            "undo_url": reverse("contacts:undo", args=[report.undo_ids[0]]) if len(report.undo_ids) == 1 else "",
        }
        return render(request, "people/import_done.html", context)
    context = {**frames.frame(request, book, "import"), "file": file, "columns": _columns(file), "cards": _cards(file)}
    return render(request, "people/import_preview.html", context)


def _chosen(request: HttpRequest, file: File) -> list[str]:
    if file.table is None:
        return []
    guessed = csv_tables.guess(file.table.headings)
    allowed = {*csv_tables.TARGETS, csv_tables.SKIP, csv_tables.NOTE}
    chosen = []
    for at, guess in enumerate(guessed):
        target = request.POST.get(f"column-{at}", guess)
        chosen.append(target if target in allowed else guess)
    return chosen


def _columns(file: File) -> list[dict[str, Any]]:
    """Each column with what it is taken for, and its first values."""
    if file.table is None:
        return []
    columns = []
    offered = [(target, target_label(target)) for target in csv_tables.TARGETS]
    for at, (heading, guess) in enumerate(zip(file.table.headings, csv_tables.guess(file.table.headings), strict=True)):
        values = [row[at].strip() for row in file.table.rows if at < len(row) and row[at].strip()]
        if not values:
            continue
        choices = [(csv_tables.NOTE, _("Into the note, with its heading")), (csv_tables.SKIP, _("Leave out")), *offered]
        if guess not in {value for value, _label in choices}:
            choices.insert(0, (guess, target_label(guess)))
        columns.append(
            {
                "at": at,
                "heading": heading or str(at + 1),
                "guess": guess,
                "samples": values[:_SAMPLES],
                "choices": choices,
            }
        )
    return columns


def target_label(target: str) -> str:
    """What a column can be meant as, in words."""
    plain = {
        "N.given_name": _("Given name"),
        "N.family_name": _("Family name"),
        "N.additional_names": _("Middle names"),
        "N.prefix": pgettext("part of a name", "Title before the name"),
        "N.suffix": pgettext("part of a name", "After the name"),
        "FN": _("Shown as"),
        "NICKNAME": _("Nickname"),
        "ORG.0": _("Organization"),
        "ORG.1": _("Department"),
        "TITLE": _("Job title"),
        "BDAY": pgettext("field of a contact", "Birthday"),
        "ANNIVERSARY": pgettext("field of a contact", "Anniversary"),
        "CATEGORIES": _("Categories"),
        "NOTE": pgettext("field of a contact", "Note"),
    }
    if target in plain:
        return plain[target]
    name, number, part = [*target.split("."), "", ""][:3]
    if name == "EVENT":
        return _("A date")
    if name == "CUSTOM" or name not in cards.KINDS:
        return _("Into the note, with its heading")
    parts = {
        "street": _("Street"),
        "extended": _("Floor, building"),
        "box": _("Post office box"),
        "code": _("Postal code"),
        "locality": _("Town"),
        "region": _("Region"),
        "country": _("Country"),
        "label": pgettext("of an address or number", "Kind"),
        "service": pgettext("of a messenger", "Service"),
    }
    kind = number.rstrip("0123456789")
    words = [field_label(name), kind_labels(name).get(kind, number if number.isdecimal() else ""), parts.get(part, "")]
    return ", ".join(word for word in words if word)


def _cards(file: File) -> list[dict[str, str]]:
    if file.reading is not None:
        found = file.reading.cards[:_CARDS_SHOWN]
    else:
        assert file.table is not None
        targets = csv_tables.guess(file.table.headings)
        made = (csv_tables.card_of(file.table.headings, targets, row) for row in file.table.rows[:_CARDS_SHOWN])
        found = [card for card in made if card]
    return [
        {
            "name": cards.display_name(card),
            "address": cards.text(card, "EMAIL"),
            "phone": cards.text(card, "TEL"),
            "organization": cards.text(card, "ORG"),
        }
        for card in found
    ]
