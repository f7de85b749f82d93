"""The list of contacts and one of them, people one wrote to lately, and what can be done to several at once."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from mailapp.contacts import book as books
from mailapp.contacts import correspondents, duplicates, groups, photos, writing
from mailapp.contacts.book import OpenBook
from mailapp.contacts.writing import Written
from mailapp.web import answers
from mailapp.web.people import frames, shown
from workmail.errors import Invalid, NotFound
from workmail.ui import formats, strings

_MOST_RECENT = 100
_LONGEST_QUERY = 200
_PICTURE_POLICY = "default-src 'none'; sandbox"


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """All contacts, by name; ``q`` searches, ``letter`` begins."""
    return _list(request, frames.open_book(request))


@login_required
@require_safe
def contact(request: HttpRequest, key: UUID) -> HttpResponse:
    """One contact beside the list."""
    book = frames.open_book(request)
    found = books.get(book, key)
    if found.summary.is_group:
        raise NotFound
    return _list(request, book, found)


def _list(request: HttpRequest, book: OpenBook, found: Any = None) -> HttpResponse:
    everybody = [entry for entry in books.entries(book) if not entry.summary.is_group]
    query, letter = request.GET.get("q", "")[:_LONGEST_QUERY], request.GET.get("letter", "")[:2]
    chosen = books.search(everybody, query) if query.strip() else everybody
    if letter:
        chosen = [entry for entry in chosen if entry.letter == letter]
    part = frames.slice_of(request, chosen, found.key if found else None)
    passed_on = request.GET.urlencode()
    context = {
        **frames.frame(request, book, "all"),
        "query": query,
        "letter": letter,
        "letters": frames.letters_of(everybody, letter) if len(everybody) > 20 else [],
        "page": part,
        "rows": frames.rows_of(part.items, found.key if found else None, passed_on),
        "passed_on": passed_on,
        "back_url": reverse("contacts:home") + (f"?{passed_on}" if passed_on else ""),
        "colleagues_url": f"{reverse('contacts:directory')}?{urlencode({'q': query})}",
        "picked_words": strings.plural(lambda n: ngettext("{n} person selected", "{n} people selected", n)),
    }
    if found:
        context |= shown.context_of(found)
        context["in_groups"] = groups.containing(book, found.summary)
    return render(request, "people/contact.html" if found else "people/home.html", context)


@login_required
@require_GET
def photo(request: HttpRequest, key: UUID) -> HttpResponse:
    """The picture of a contact, written anew as a JPEG, whatever the card brought."""
    octets = photos.of(books.get(frames.open_book(request), key).card)
    if octets is None:
        raise NotFound
    return picture(octets)


def picture(octets: bytes) -> HttpResponse:
    response = HttpResponse(octets, content_type="image/jpeg")
    response["Content-Security-Policy"] = _PICTURE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=86400"
    return response


@login_required
@require_POST
def delete(request: HttpRequest, key: UUID) -> HttpResponse:
    book = frames.open_book(request)
    name = books.get(book, key).summary.name
    return frames.perform(
        request,
        book,
        lambda: writing.delete(book, [key]),
        lambda _written: _("%(name)s deleted.") % {"name": name},
        reverse("contacts:home"),
    )


@login_required
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Delete, merge or put into a group what is ticked in the list."""
    book, keys = frames.open_book(request), frames.keys_of(request)
    if not keys:
        raise Invalid(_("Select somebody first."))
    action, back = request.POST.get("action", ""), reverse("contacts:home")
    if action == "delete":
        return frames.perform(
            request, book, lambda: writing.delete(book, keys), lambda _done: _deleted(len(keys)), back
        )
    if action == "merge":
        return frames.perform(request, book, lambda: duplicates.merge(book, keys), merged, contact_url)
    if action == "group":
        try:
            group = books.get(book, UUID(request.POST.get("group", "")))
        except ValueError as error:
            raise Invalid(_("Choose a group first."), field="group") from error
        uids = [chosen.summary.uid for chosen in books.get_several(book, keys)]
        return frames.perform(
            request,
            book,
            lambda: groups.add(group, uids),
            lambda _written: _("Added to %(name)s.") % {"name": group.summary.name},
            reverse("contacts:group", args=[group.key]),
        )
    raise Invalid


def merged(_written: Written) -> str:
    return _("Merged into one contact. Nothing was left out.")


def contact_url(key: UUID) -> str:
    return reverse("contacts:contact", args=[key])


def _deleted(count: int) -> str:
    return ngettext("%(count)s contact deleted.", "%(count)s contacts deleted.", count) % {
        "count": formats.number(count)
    }


@login_required
@require_POST
def undo(request: HttpRequest, undo_id: UUID) -> HttpResponse:
    """Take an act back."""
    book = frames.open_book(request)
    count = writing.undo(book, undo_id)
    sentence = ngettext("Undone: %(count)s contact.", "Undone: %(count)s contacts.", count) % {
        "count": formats.number(count)
    }
    back = answers.way_back(request)
    # The page one stood on may show a contact that has just gone again.
    return answers.done(
        request, {"sentence": sentence, "undo": ""}, to=reverse("contacts:home") if "/people/" in back else back
    )


@login_required
@require_safe
def recent(request: HttpRequest) -> HttpResponse:
    """Whom one wrote to, the latest first: whoever is no contact yet can become one."""
    book = frames.open_book(request)
    known = {address.casefold(): entry for entry in books.entries(book) for address in entry.summary.addresses}
    people = [
        {
            "name": found.person.display_name or found.person.addr_spec,
            "address": found.person.addr_spec,
            "at": found.last_used_at,
            "count": found.use_count,
            "url": frames.address(known[found.person.addr_spec.casefold()])
            if found.person.addr_spec.casefold() in known
            else "",
            "write_url": shown.write_url(found.person.display_name, found.person.addr_spec),
        }
        for found in correspondents.recent(book.mailbox, limit=_MOST_RECENT)
    ]
    return render(request, "people/recent.html", {**frames.frame(request, book, "recent"), "people": people})


@login_required
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Take somebody out of the recent people, and out of completion, until written to again."""
    book, address = frames.open_book(request), request.POST.get("address", "")[:1_000]
    correspondents.forget(book.mailbox, address)
    sentence = _("%(address)s is suggested no more until you write there again.") % {"address": address}
    return answers.done(request, {"sentence": sentence, "undo": ""}, to=reverse("contacts:recent"))
