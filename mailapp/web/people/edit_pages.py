"""Making and changing a contact: one form that needs no script, whose rows of addresses and numbers can be added."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mailapp.contacts import book as books
from mailapp.contacts import cards, photos, texts, writing
from mailapp.contacts.book import OpenBook, OpenContact
from mailapp.contacts.vcards import Card, Property
from mailapp.mime.addresses import is_valid_addr_spec
from mailapp.web.people import forms, frames, pages
from mailapp.web.people.shown import field_label
from workmail.errors import AlreadyExists, Invalid, LimitExceeded, NotFound, Stale


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A contact of one's own; ``name`` and ``address`` may be given."""
    card = Card()
    if request.method == "GET":
        if name := request.GET.get("name", "")[:300]:
            card.properties.append(Property("FN", texts.escape(name)))
        if is_valid_addr_spec(address := request.GET.get("address", "")[:320]):
            card.properties.append(Property("EMAIL", texts.escape(address)))
    return _form_page(request, frames.open_book(request), card)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: UUID) -> HttpResponse:
    book = frames.open_book(request)
    found = books.get(book, key)
    if found.summary.is_group:
        raise NotFound
    return _form_page(request, book, found.card, found)


def _form_page(request: HttpRequest, book: OpenBook, card: Card, found: OpenContact | None = None) -> HttpResponse:
    options: dict[str, Any] = {"form_kwargs": {"card": card}}
    if request.method == "GET":
        modseq = found.row.modseq if found else None
        person = forms.PersonForm(card=card, initial={**forms.initial_person(card), "modseq": modseq})
        formsets = {
            prefix: formset(initial=forms.initial_entries(card, prefix), prefix=prefix, **options)
            for prefix, formset in forms.FORMSETS.items()
        }
        return _render(request, book, found, person, formsets)
    person = forms.PersonForm(request.POST, request.FILES, card=card)
    formsets = {prefix: formset(request.POST, prefix=prefix, **options) for prefix, formset in forms.FORMSETS.items()}
    if (prefix := request.POST.get("add", "")) in formsets:
        return _with_another(request, book, card, found, prefix, person, formsets)
    if not all([person.is_valid(), *(formset.is_valid() for formset in formsets.values())]):
        return _render(request, book, found, person, formsets, status=422)
    try:
        changed = forms.applied(card, person, formsets)
        _apply_photo(changed, person)
        return _keep(request, book, found, changed, person.cleaned_data["modseq"])
    except Stale:
        person.add_error(
            None,
            _("This contact was changed elsewhere meanwhile. Open it again to see what is there now, then change it."),
        )
    except (Invalid, LimitExceeded, AlreadyExists) as refusal:
        field = refusal.details.get("field")
        person.add_error(field if field in person.fields else None, str(refusal))
    return _render(request, book, found, person, formsets, status=422)


def _keep(
    request: HttpRequest, book: OpenBook, found: OpenContact | None, changed: Card, modseq: int | None
) -> HttpResponse:
    name = cards.display_name(changed)
    if found is None:
        return frames.perform(
            request,
            book,
            lambda: writing.create(book, changed),
            lambda _written: _("%(name)s added to your contacts.") % {"name": name},
            pages.contact_url,
        )
    if changed == found.card:
        return frames.say(request, {"sentence": _("Nothing was changed."), "undo": ""}, pages.contact_url(found.key))
    return frames.perform(
        request,
        book,
        lambda: writing.change(found, changed, unchanged_since=modseq),
        lambda _written: _("%(name)s changed.") % {"name": name},
        pages.contact_url,
    )


def _apply_photo(card: Card, person: forms.PersonForm) -> None:
    file = person.cleaned_data["photo"]
    if file:
        cards.set_photo(card, photos.data_uri(photos.reencode(file.read(photos.LARGEST_UPLOAD + 1))))
    elif person.cleaned_data["remove_photo"]:
        cards.set_photo(card, "")


def _with_another(
    request: HttpRequest,
    book: OpenBook,
    card: Card,
    found: OpenContact | None,
    prefix: str,
    person: forms.PersonForm,
    formsets: dict[str, Any],
) -> HttpResponse:
    """The same page with one more row and all that was typed: what the script does without asking."""
    typed = {name: person[name].value() for name in person.fields if name != "photo"}
    again = {}
    for each, formset in formsets.items():
        rows = [{name: form[name].value() for name in form.fields} for form in formset]
        if each == prefix and len(rows) < forms.MOST_ENTRIES:
            rows.append({})
        again[each] = forms.FORMSETS[each](initial=rows, prefix=each, form_kwargs={"card": card})
    context_person = forms.PersonForm(card=card, initial=typed)
    return _render(request, book, found, context_person, again, focus=f"id_{prefix}-{len(again[prefix].forms) - 1}")


def _render(
    request: HttpRequest,
    book: OpenBook,
    found: OpenContact | None,
    person: forms.PersonForm,
    formsets: dict[str, Any],
    *,
    status: int = 200,
    focus: str = "",
) -> HttpResponse:
    words = {
        "email": (_("Mail addresses"), _("Add an address")),
        "phone": (_("Phones"), _("Add a phone")),
        "postal": (_("Postal addresses"), _("Add a postal address")),
        "page": (_("Web pages"), _("Add a web page")),
        "messages": (_("Messages"), _("Add a messenger")),
        "related": (_("Related people"), _("Add a related person")),
    }
    context = {
        **frames.frame(request, book),
        "contact": found,
        "person": person,
        "sections": [
            {
                "prefix": prefix,
                "heading": words[prefix][0],
                "add": words[prefix][1],
                "label": field_label(forms.SECTIONS[prefix][0]),
                "formset": formset,
                "is_postal": prefix == "postal",
            }
            for prefix, formset in formsets.items()
        ],
        "focus": focus,
        "photo_url": reverse("contacts:photo", args=[found.key]) if found and found.summary.has_photo else "",
        "back_url": pages.contact_url(found.key) if found else reverse("contacts:home"),
        "others": cards.others(found.card) if found else [],
    }
    return render(request, "people/edit.html", context, status=status)
