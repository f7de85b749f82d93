"""What the forms of sharing send, and what undoes it."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from mailapp.mime.addresses import parse_address_list
from mailapp.sharing import granting
from mailapp.sharing.granting import Permissions
from mailapp.sharing.models import FolderGrant, MailboxGrant
from workmail.accounts.actor import Actor
from workmail.directory.models import Entity
from workmail.errors import Invalid, NotFound

_SALT = "mail.sharing.undo"
_VALID_FOR = timedelta(days=1)
_MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as a page shows it."""

    id: UUID
    name: str
    address: str
    is_group: bool
    is_enabled: bool
    grant: MailboxGrant | FolderGrant

    @property
    def key(self) -> str:
        return str(self.id)

    @classmethod
    def of(cls, grant: MailboxGrant | FolderGrant) -> "GrantRow":
        entity = grant.grantee
        return cls(entity.pk, str(entity), entity.addr_spec, entity.kind == Entity.Kind.GROUP, entity.is_enabled, grant)


def grantees(request: HttpRequest, organization_id: str) -> list[Entity]:
    """Return whom the form names: by id what stands there already, by address who is new.

    Raises:
        Invalid: Nobody is named, or an address is nobody's in the organization.
        NotFound: The id is nobody's.
    """
    if named := request.POST.get("grantee", ""):
        try:
            return [granting.grantee(organization_id, UUID(named))]
        except ValueError as error:
            raise NotFound from error
    text = request.POST.get("people", "")[:10_000]
    found = parse_address_list(text)
    if not found:
        raise Invalid(_("Name somebody to share with."), field="people")
    if len(found) > _MOST_AT_ONCE:
        raise Invalid(_("That is too many people at once. Share with a group instead."), field="people")
    return [granting.grantee_at(organization_id, person.addr_spec or text) for person in found]


def permissions(posted: QueryDict) -> Permissions:
    """Read the check boxes; a form that removes has none."""
    if posted.get("do") == "remove":
        return Permissions()
    return Permissions(**{name: posted.get(name) == "on" for name in asdict(Permissions())})


# --- Undo ------------------------------------------------------------------------------------------------------


def mailbox_state(grant: MailboxGrant | None) -> dict[str, Any]:
    return {name: getattr(grant, name) for name in asdict(Permissions())} if grant else {}


def folder_state(grant: FolderGrant | None) -> dict[str, Any]:
    return {"level": str(grant.level), "includes_subfolders": grant.includes_subfolders} if grant else {}


def undo_url(actor: Actor, kind: str, target: UUID, before: dict[UUID, dict[str, Any]]) -> str:
    """Return the address that puts back what held before: by grantee, nothing where there was no grant."""
    assert actor.user is not None
    value = {
        "by": actor.user.pk.hex,
        "kind": kind,
        "target": target.hex,
        "before": {grantee_id.hex: state for grantee_id, state in before.items()},
    }
    token = signing.dumps(value, salt=_SALT, compress=True)
    return f"{reverse('mail:sharing_undo')}?{urlencode({'undo': token})}"


def undo(actor: Actor, token: str) -> tuple[str, UUID]:
    """Put back what held before; returns of what. Whether the actor may is asked anew.

    Raises:
        Invalid: It is no token of this person, or too old.
    """
    try:
        value = signing.loads(token, salt=_SALT, max_age=_VALID_FOR)
    except signing.BadSignature as error:
        raise Invalid(_("This can no longer be undone.")) from error
    if actor.user is None or value["by"] != actor.user.pk.hex:
        raise Invalid(_("This can no longer be undone."))
    kind, target = value["kind"], UUID(hex=value["target"])
    organization_id = str(actor.user.organization_id)
    if kind == "mailbox":
        entity = Entity.objects.filter(pk=target).first()
        if entity is None:
            raise NotFound
        organization_id = entity.organization_id
    for grantee_id, state in value["before"].items():
        grantee = granting.grantee(organization_id, UUID(hex=grantee_id))
        if kind == "mailbox":
            granting.grant_mailbox(actor, entity, grantee, Permissions(**state))
        else:
            includes_subfolders = state.get("includes_subfolders", False)
            granting.grant_folder(actor, target, grantee, state.get("level"), includes_subfolders=includes_subfolders)
    return kind, target
