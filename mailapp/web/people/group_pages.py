"""Groups: making one, seeing and changing who is in it, writing to all."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mailapp.composing import recipients
from mailapp.contacts import book as books
from mailapp.contacts import groups
from mailapp.contacts.book import OpenBook, OpenContact
from mailapp.web.people import frames, shown
from workmail.errors import AlreadyExists, Invalid, NotFound


@login_required
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    book, problem = frames.open_book(request), ""
    name, people = request.POST.get("name", ""), request.POST.get("people", "")
    if request.method == "POST":
        try:
            members = _members_of(book, people)
            return frames.perform(
                request,
                book,
                lambda: groups.create(book, name, members),
                lambda _written: _("Group %(name)s made.") % {"name": name},
                group_url,
            )
        except (Invalid, AlreadyExists) as refusal:
            problem = str(refusal)
    context = {**frames.frame(request, book, "new group"), "problem": problem, "group_name": name, "people": people}
    return render(request, "people/group_new.html", context, status=422 if problem else 200)


@login_required
@require_safe
def group(request: HttpRequest, key: UUID) -> HttpResponse:
    """Who is in a group."""
    book = frames.open_book(request)
    found = _group(book, key)
    inside, outside = groups.members_of(book, found.summary)
    people = groups.people(found.summary, groups.by_uid(books.entries(book)))
    context = {
        **frames.frame(request, book, "group", key),
        "group": found,
        "rows": frames.rows_of(inside, None, can_be_chosen=False),
        "members": list(zip(frames.rows_of(inside, None), inside, strict=True)),
        "outside": outside,
        "people": people,
        "write_url": shown.write_to_all_url(people) if people else "",
    }
    return render(request, "people/group.html", context)


@login_required
@require_POST
def rename(request: HttpRequest, key: UUID) -> HttpResponse:
    book = frames.open_book(request)
    found, name = _group(book, key), request.POST.get("name", "")
    return frames.perform(
        request,
        book,
        lambda: groups.rename(found, name),
        lambda _written: _("The group is now named %(name)s.") % {"name": name},
        group_url(key),
    )


@login_required
@require_POST
def members(request: HttpRequest, key: UUID) -> HttpResponse:
    """Add people by name or address, or take one out."""
    book = frames.open_book(request)
    found = _group(book, key)
    if member := request.POST.get("remove", ""):
        return frames.perform(
            request,
            book,
            lambda: groups.remove(found, [member]),
            lambda _written: _("Taken out of %(name)s.") % {"name": found.summary.name},
            group_url(key),
        )
    wanted = _members_of(book, request.POST.get("people", ""))
    if not wanted:
        raise Invalid(_("Write an address first."), field="people")
    return frames.perform(
        request,
        book,
        lambda: groups.add(found, wanted),
        lambda _written: _("Added to %(name)s.") % {"name": found.summary.name},
        group_url(key),
    )


@login_required
@require_POST
def delete(request: HttpRequest, key: UUID) -> HttpResponse:
    book = frames.open_book(request)
    found = _group(book, key)
    return frames.perform(
        request,
        book,
        lambda: groups.delete(found),
        lambda _written: _("Group %(name)s deleted. Its people stay.") % {"name": found.summary.name},
        reverse("contacts:home"),
    )


def group_url(key: UUID) -> str:
    return reverse("contacts:group", args=[key])


def _group(book: OpenBook, key: UUID) -> OpenContact:
    found = books.get(book, key)
    if not found.summary.is_group:
        raise NotFound
    return found


def _members_of(book: OpenBook, text: str) -> list[str]:
    """Return as members who stands in a field of recipients: contacts by their UID, others by their address.

    Raises:
        Invalid: Something there is no address.
    """
    found = []
    for person in recipients.read(text):
        if not person.addr_spec:
            raise Invalid(_("“%(text)s” is not an address. Correct it or remove it.") % {"text": person.display_name})
        key = books.with_address(book, person.addr_spec)
        found.append(books.get(book, key).summary.uid if key else f"mailto:{person.addr_spec}")
    return found
