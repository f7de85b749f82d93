"""The organization's address list: people, groups and rooms, with what they are and who they report to."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from mailapp.contacts import address_list, names, suggestions
from mailapp.contacts import book as books
from mailapp.contacts.book import OpenBook
from mailapp.web.people import frames, shown
from mailapp.web.people.frames import Row
from mailapp.web.people.pages import picture
from workmail.directory.models import Entity, User

_KINDS = tuple(Entity.Kind.values)


@dataclass(frozen=True, slots=True)
class _Line:
    entry: address_list.Entry

    @property
    def key(self) -> UUID:
        return self.entry.entity_id

    @property
    def letter(self) -> str:
        word = self.entry.sort_words[0] if self.entry.sort_words else ""
        return word[0].upper() if word[:1].isalpha() else "#"


@login_required
@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """The list; ``q`` searches, ``kind``, ``department`` and ``letter`` choose."""
    return _list(request, frames.open_book(request))


@login_required
@require_safe
def entity(request: HttpRequest, entity_id: UUID) -> HttpResponse:
    book = frames.open_book(request)
    return _list(request, book, address_list.get(book.mailbox.mailbox.organization_id, entity_id))


@login_required
@require_GET
def portrait(request: HttpRequest, entity_id: UUID) -> HttpResponse:
    """The picture of somebody in the list; an administrator sees those of hidden people, too."""
    user = request.actor.user
    return picture(address_list.portrait(user.organization_id, entity_id, with_hidden=user.is_administrator))


def _list(request: HttpRequest, book: OpenBook, found: Entity | None = None) -> HttpResponse:
    organization = book.mailbox.mailbox.organization
    everybody = address_list.everybody(organization.pk)
    query, letter = request.GET.get("q", "")[:200], request.GET.get("letter", "")[:2]
    kind, department = request.GET.get("kind", ""), request.GET.get("department", "")
    if kind not in _KINDS:
        kind = found.kind if found else Entity.Kind.USER
    of_kind = [_Line(entry) for entry in everybody if entry.kind == kind]
    beginnings = names.words(query)
    chosen = [
        line
        for line in of_kind
        if (not department or line.entry.department == department)
        and (not letter or line.letter == letter)
        and (not beginnings or names.matches(beginnings, line.entry.words))
    ]
    part = frames.slice_of(request, chosen, found.pk if found else None)
    passed_on = request.GET.urlencode()
    rows = address_list.entities(organization.pk, [line.key for line in part.items])
    context: dict[str, Any] = {
        **frames.frame(request, book, f"directory {kind}"),
        "kind": kind,
        "kept_choices": urlencode({"kind": kind, **({"department": department} if department else {})}),
        "heading": _heading(kind),
        "query": query,
        "letter": letter,
        "letters": frames.letters_of(of_kind, letter) if len(of_kind) > 20 else [],
        "departments": sorted({line.entry.department for line in of_kind} - {""}, key=str.casefold),
        "department": department,
        "page": part,
        "rows": [_row(each, found.pk if found else None, passed_on) for each in rows],
        "passed_on": passed_on,
        "back_url": reverse("contacts:directory") + (f"?{passed_on}" if passed_on else f"?kind={kind}"),
    }
    if found:
        context |= _card(book, found)
    return render(request, "people/entity.html" if found else "people/directory.html", context)


def _heading(kind: str) -> str:
    return {
        Entity.Kind.USER: _("Colleagues"),
        Entity.Kind.GROUP: _("Shared groups"),
        Entity.Kind.RESOURCE: _("Rooms and equipment"),
    }[Entity.Kind(kind)]


def _row(each: Entity, current: UUID | None, passed_on: str) -> Row:
    return Row(
        key=each.pk,
        name=str(each),
        detail=occupation(each) or each.addr_spec,
        url=reverse("contacts:entity", args=[each.pk]) + (f"?{passed_on}" if passed_on else ""),
        photo_url=portrait_url(each),
        is_current=each.pk == current,
        is_thing=each.kind != Entity.Kind.USER,
    )


def occupation(each: Entity) -> str:
    user: User | None = getattr(each, "user", None)
    return ", ".join(filter(None, (user.job_title, user.department))) if user else ""


def portrait_url(each: Entity) -> str:
    user: User | None = getattr(each, "user", None)
    if user is None or not hasattr(user, "portrait"):
        return ""
    return f"{reverse('contacts:portrait', args=[each.pk])}?v={user.portrait.updated_at:%s}"


def _card(book: OpenBook, found: Entity) -> dict[str, Any]:
    user: User | None = getattr(found, "user", None)
    organization_id = book.mailbox.mailbox.organization_id
    addresses = [address.addr_spec for address in found.addresses.all()]
    primary = found.addr_spec
    manager = user.manager if user else None
    listed = Entity.objects.filter(
        organization_id=organization_id, state=Entity.State.ENABLED, hidden_from_address_list=False
    )
    members = listed.filter(member_of__group_id=found.pk) if found.kind == Entity.Kind.GROUP else listed.none()
    return {
        "entity": found,
        "name": str(found),
        "occupation": occupation(found),
        "address": primary,
        "aliases": [address for address in addresses if address != primary],
        "phone": user.phone if user else "",
        "manager": manager if manager and listed.filter(pk=manager.pk).exists() else None,
        "reports": list(listed.filter(user__manager_id=found.pk).order_by("display_name")[:100]) if user else [],
        "in_groups": list(listed.filter(group__memberships__member_id=found.pk).order_by("display_name")[:100]),
        "members": list(members.order_by("display_name")[:200]),
        "member_count": suggestions.member_counts([found.pk]).get(found.pk, 0),
        "is_group": found.kind == Entity.Kind.GROUP,
        "is_thing": found.kind != Entity.Kind.USER,
        "photo_url": portrait_url(found),
        "write_url": shown.write_url(str(found), primary) if primary else "",
        "mail_url": shown.mail_url(primary) if primary else "",
        "contact_key": books.with_address(book, primary) if primary else None,
    }
