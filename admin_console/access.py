"""The way into the console: an administrator, and one organization. Everything below takes the handle.

What is looked up through a ``Console`` belongs to its organization, so an administrator of another one finds nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from workmail.accounts.actor import Actor
from workmail.audit import log as audit
from workmail.directory.models import Address, Domain, Entity, Group, Membership, Organization, User
from workmail.errors import Forbidden, NotFound

P = ParamSpec("P")
_ORGANIZATION = "console_organization"


@dataclass(frozen=True, slots=True)
class Console:
    """One organization, opened by somebody who administers it."""

    actor: Actor
    organization: Organization

    def user(self, user_id: UUID) -> User:
        """Return a user who is not deleted. Raises NotFound."""
        return self._living(User, user_id)

    def group(self, group_id: UUID) -> Group:
        """Return a group that is not deleted. Raises NotFound."""
        return self._living(Group, group_id)

    def entity(self, entity_id: UUID) -> Entity:
        """Return a user, group or resource that is not deleted. Raises NotFound."""
        return self._living(Entity, entity_id)

    def domain(self, domain_id: UUID) -> Domain:
        """Raises NotFound."""
        return self._found(Domain.objects.filter(organization=self.organization, pk=domain_id).first())

    def address(self, entity: Entity, address_id: int) -> Address:
        """Raises NotFound."""
        addresses = Address.objects.select_related("domain", "entity").filter(entity=entity, pk=address_id)
        return self._found(addresses.first())

    def membership(self, group: Group, membership_id: int) -> Membership:
        """Raises NotFound."""
        rows = Membership.objects.select_related("group", "member").filter(group=group, pk=membership_id)
        return self._found(rows.first())

    def _living(self, model: type, key: UUID):
        rows = model.objects.filter(organization=self.organization, pk=key).exclude(state=Entity.State.DELETED)
        return self._found(rows.first())

    @staticmethod
    def _found(row):
        if row is None:
            raise NotFound
        return row


def open_console(actor: Actor, organization_id: str = "") -> Console:
    """Return the console of the actor's own organization, or for an operator of the installation of any.

    Raises:
        Forbidden: Not an administrator; audited.
        NotFound: The organization does not exist, or is somebody else's.
    """
    user = actor.user
    if user is None or not user.is_active or not user.is_administrator:
        if user is not None:
            audit.record(actor, "console.refused", user.addr_spec, succeeded=False)
        raise Forbidden(_("These pages are for administrators. Ask one of yours if something should change."))
    if organization_id and organization_id != user.organization_id:
        if not user.is_operator:
            raise NotFound
        if "\0" in organization_id:
            raise NotFound
        organization = Organization.objects.filter(pk=organization_id, state=Organization.State.ACTIVE).first()
        if organization is None:
            raise NotFound
        return Console(actor, organization)
    return Console(actor, user.organization)


def console_page(
    view: Callable[Concatenate[HttpRequest, Console, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open the console before the view: whoever is not signed in is asked to, everyone else may be refused."""

    @wraps(view)
    def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        actor = request.actor
        try:
            console = open_console(actor, request.session.get(_ORGANIZATION, ""))
        except NotFound:  # the chosen organization is gone
            console = open_console(actor)
        request.console = console
        return view(request, console, *args, **kwargs)

    return page


def choose_organization(request: HttpRequest, organization_id: str) -> Console:
    """Let an operator go on in another organization. Raises Forbidden, NotFound."""
    console = open_console(request.actor, organization_id)
    if console.organization.pk == request.user.organization_id:
        request.session.pop(_ORGANIZATION, None)
    else:
        request.session[_ORGANIZATION] = console.organization.pk
        audit.record(
            request.actor, "console.enter", console.organization.alias, organization_id=console.organization.pk
        )
    return console
