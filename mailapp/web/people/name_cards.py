"""A card over any name: who an address belongs to, and what one can do about it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mailapp.contacts import address_list, cards, correspondents, suggestions, texts, writing
from mailapp.contacts import book as books
from mailapp.contacts.book import OpenBook
from mailapp.contacts.vcards import Card, Property
from mailapp.mime.addresses import is_valid_addr_spec
from mailapp.web.people import directory_pages, frames, pages, shown
from workmail.directory.addresses import entities_by_address, fold
from workmail.errors import AlreadyExists, Invalid, NotFound


@login_required
@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """The card for ``address``, whose message calls itself ``name``: a fragment for a script, else a page."""
    book = frames.open_book(request)
    address, name = request.GET.get("address", "")[:320].strip(), request.GET.get("name", "")[:300].strip()
    if not is_valid_addr_spec(address):
        raise Invalid(_("This is not an address."), field="address")
    context = _known(book, name, address)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return render(request, "people/components/name_card.html", context)
    return render(request, "people/name_card.html", {**frames.frame(request, book), **context})


@login_required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Make a contact of a name and an address."""
    book = frames.open_book(request)
    address, name = request.POST.get("address", "")[:320].strip(), request.POST.get("name", "")[:300].strip()
    if not is_valid_addr_spec(address):
        raise Invalid(_("This is not an address."), field="address")
    if books.with_address(book, address):
        raise AlreadyExists(_("This contact is in your address book already."))
    made = Card([Property("FN", texts.escape(name or address)), Property("EMAIL", texts.escape(address))])
    given, _space, family = name.rpartition(" ")
    if given and "@" not in name:
        made.properties.append(Property("N", f"{texts.escape(family)};{texts.escape(given)};;;"))
    _take_facts(book, made, address)
    return frames.perform(
        request,
        book,
        lambda: writing.create(book, made),
        lambda _written: _("%(name)s added to your contacts.") % {"name": name or address},
        pages.contact_url,
    )


def _take_facts(book: OpenBook, made: Card, address: str) -> None:
    """A colleague's card begins with what the address list says."""
    entity = _listed(book, address)
    user = getattr(entity, "user", None)
    if user is None:
        return
    cards.set_text(made, "TITLE", user.job_title)
    cards.set_components(made, "ORG", {0: str(book.mailbox.mailbox.organization), 1: user.department})
    cards.set_entries(made, "TEL", [cards.Edit(None, user.phone, "work")])


def _listed(book: OpenBook, address: str) -> Any:
    organization_id = book.mailbox.mailbox.organization_id
    entity = entities_by_address(organization_id, [address]).get(fold(address))
    try:
        return address_list.get(organization_id, entity.pk) if entity else None
    except NotFound:  # hidden: not even that there is one
        return None


def _known(book: OpenBook, name: str, address: str) -> dict[str, Any]:
    organization = book.mailbox.mailbox.organization
    key = books.with_address(book, address)
    contact = books.get(book, key) if key else None
    entity = _listed(book, address)
    written_to = correspondents.get(book.mailbox, address)
    # The card says who it is; the name of a message is only what the message calls itself.
    known_as = str(entity) if entity else contact.summary.name if contact else name
    return {
        "name": known_as or address,
        "calls_itself": name if known_as and name and name != known_as else "",
        "address": address,
        "is_outside": suggestions.domain_of(address) not in suggestions.inside_domains(organization.pk),
        "organization": organization.name,
        "occupation": directory_pages.occupation(entity)
        if entity
        else ", ".join(filter(None, (contact.summary.title, contact.summary.organization)))
        if contact
        else "",
        "phone": entity.user.phone
        if entity and hasattr(entity, "user")
        else (contact.summary.phones[:1] or [""])[0]
        if contact
        else "",
        "photo_url": directory_pages.portrait_url(entity)
        if entity
        else f"{reverse('contacts:photo', args=[contact.key])}?v={contact.row.modseq}"
        if contact and contact.summary.has_photo
        else "",
        "is_thing": bool(entity and entity.kind != "user"),
        "contact_url": reverse("contacts:contact", args=[contact.key]) if contact else "",
        "entity_url": reverse("contacts:entity", args=[entity.pk]) if entity else "",
        "write_url": shown.write_url(known_as, address),
        "mail_url": shown.mail_url(address),
        "written_to": written_to,
        "can_add": not contact,
        "add_name": known_as,
    }
