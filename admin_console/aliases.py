"""Addresses of users and groups: adding, removing, and which one is primary."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from admin_console import groups, users
from admin_console.access import Console, console_page
from admin_console.forms import AddressForm
from admin_console.pages import act_and_return, back, perform
from workmail.accounts.web import notices
from workmail.directory import queries, services
from workmail.directory.models import Entity


@console_page
@require_POST
def add(request: HttpRequest, console: Console, entity_id: UUID) -> HttpResponse:
    entity = console.entity(entity_id)
    form = AddressForm(request.POST, queries.domains(console.organization.pk))
    if perform(form, lambda: services.add_alias(console.actor, entity, form.addr_spec)):
        sentence = _("{address} now reaches {name}.").format(address=form.addr_spec, name=entity.display_name)
        notices.say(request, sentence)
        return back(_page_of(entity), entity.pk, anchor="addresses")
    if entity.kind == Entity.Kind.GROUP:
        return groups.page_with_alias_form(request, console, console.group(entity.pk), form)
    return users.page_with_alias_form(request, console, console.user(entity.pk), form)


@console_page
@require_POST
def remove(request: HttpRequest, console: Console, entity_id: UUID, address_id: int) -> HttpResponse:
    entity = console.entity(entity_id)
    address = console.address(entity, address_id)
    return act_and_return(
        request,
        lambda: services.remove_alias(console.actor, address),
        _("{address} takes no more mail.").format(address=address.addr_spec),
        _page_of(entity),
        entity.pk,
        anchor="addresses",
    )


@console_page
@require_POST
def make_primary(request: HttpRequest, console: Console, entity_id: UUID, address_id: int) -> HttpResponse:
    """People see the primary address; it is also the sender of new messages."""
    entity = console.entity(entity_id)
    address = console.address(entity, address_id)
    return act_and_return(
        request,
        lambda: services.set_primary_address(console.actor, entity, address),
        _("{address} is the primary address now.").format(address=address.addr_spec),
        _page_of(entity),
        entity.pk,
        anchor="addresses",
    )


def _page_of(entity: Entity) -> str:
    return "admin:group" if entity.kind == Entity.Kind.GROUP else "admin:user"
