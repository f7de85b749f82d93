"""Writing the directory: organizations, domains, users, groups, addresses. Each function is one transaction.

Who may call them is decided by ``require_administrator``: an administrator of that organization, an operator of the
installation, or the system itself.
"""

import re
import secrets
from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from workmail.accounts.actor import SYSTEM, Actor
from workmail.audit import log as audit
from workmail.directory import signals
from workmail.directory.addresses import fold_domain, fold_local_part, split
from workmail.directory.models import Address, Domain, Entity, Group, Membership, Organization, User
from workmail.errors import AlreadyExists, Forbidden, Invalid, LimitExceeded, NotFound
from workmail.keys.services import create_organization_key

MOST_ALIASES = 100
_DOMAIN_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}\Z")
_LOCAL_PART = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f]{1,64}\Z")
_NAME = re.compile(r"[\w.@+'-]{1,64}\Z")


def require_administrator(actor: Actor, organization_id: str) -> None:
    """Raises Forbidden unless the actor administers this organization."""
    if actor is SYSTEM:
        return
    user = actor.user
    if user is None or not user.is_active or not user.is_administrator:
        raise Forbidden
    if user.organization_id != organization_id and not user.is_operator:
        raise NotFound


@transaction.atomic
def create_organization(
    actor: Actor,
    *,
    name: str,
    alias: str,
    domain: str,
    administrator_name: str,
    administrator_display_name: str,
    password: str,
    language: str = "en",
    domain_is_verified: bool = False,
) -> tuple[Organization, User]:
    """Make an organization with its key, its first domain and its first administrator.

    Raises:
        AlreadyExists: The alias or domain is taken.
        Invalid: A field cannot be used; ``details["field"]`` says which.
    """
    organization = Organization(name=_clean_text(name, "name"), alias=alias.strip().lower(), language=language)
    _validate(organization, exclude=["key"])
    try:
        with transaction.atomic():
            organization.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(_("This alias is taken. Choose another one."), field="alias") from error
    create_organization_key(organization)
    add_domain(SYSTEM, organization, domain, is_verified=domain_is_verified, is_default=True)
    administrator = create_user(
        SYSTEM,
        organization,
        name=administrator_name,
        display_name=administrator_display_name,
        password=password,
        role=User.Role.ADMINISTRATOR,
        language=language,
    )
    enable(SYSTEM, administrator, f"{administrator.name}@{domain}")
    audit.record(actor, "organization.create", alias, organization_id=organization.pk, name=name, domain=domain)
    return organization, administrator


@transaction.atomic
def add_domain(
    actor: Actor, organization: Organization, name: str, *, is_verified: bool = False, is_default: bool = False
) -> Domain:
    """Claim a domain. Its addresses work once ``is_verified``. Raises Invalid, AlreadyExists."""
    require_administrator(actor, organization.pk)
    folded = fold_domain(name.strip())
    if not _DOMAIN_NAME.match(folded):
        raise Invalid(_("This is not a domain name. It looks like example.org."), field="domain")
    try:
        with transaction.atomic():
            domain = Domain.objects.create(
                organization=organization,
                name=folded,
                is_verified=is_verified,
                is_default=is_default or not organization.domains.exists(),
                verification_token=secrets.token_hex(16),
            )
    except IntegrityError as error:
        raise AlreadyExists(_("This domain is in use already."), field="domain") from error
    signals.domain_added.send(sender=Domain, domain=domain)
    audit.record(actor, "domain.add", folded, organization_id=organization.pk, is_verified=is_verified)
    return domain


@transaction.atomic
def set_default_domain(actor: Actor, domain: Domain) -> None:
    require_administrator(actor, domain.organization_id)
    Domain.objects.filter(organization_id=domain.organization_id, is_default=True).update(is_default=False)
    Domain.objects.filter(pk=domain.pk).update(is_default=True)
    audit.record(actor, "domain.default", domain.name, organization_id=domain.organization_id)


@transaction.atomic
def remove_domain(actor: Actor, domain: Domain) -> None:
    """Give up a domain. Raises Invalid while addresses use it or it is the default one."""
    require_administrator(actor, domain.organization_id)
    if domain.is_default:
        raise Invalid(_("This is the default domain. Make another one the default first."))
    if domain.addresses.exists():
        raise Invalid(_("Addresses still use this domain. Remove or change them first."))
    domain.delete()
    audit.record(actor, "domain.remove", domain.name, organization_id=domain.organization_id)


@transaction.atomic
def create_user(
    actor: Actor,
    organization: Organization,
    *,
    name: str,
    display_name: str,
    password: str | None,
    given_name: str = "",
    family_name: str = "",
    role: str = User.Role.USER,
    language: str = "",
) -> User:
    """Make a user in state DISABLED: no mail, no sign-in, until ``enable``. Raises Invalid, AlreadyExists."""
    require_administrator(actor, organization.pk)
    user = User(
        organization=organization,
        kind=Entity.Kind.USER,
        name=_clean_name(name),
        display_name=_clean_text(display_name or name, "display_name"),
        given_name=given_name,
        family_name=family_name,
        role=role,
        preferences={"language": language or organization.language},
    )
    if password is None:
        user.set_unusable_password()
    else:
        check_new_password(password, user)
        user.set_password(password)
    _save_new(user)
    audit.record(actor, "user.create", user.name, organization_id=organization.pk, role=role)
    return user


@transaction.atomic
def create_group(actor: Actor, organization: Organization, *, name: str, display_name: str = "") -> Group:
    """Make a group in state DISABLED. Raises Invalid, AlreadyExists."""
    require_administrator(actor, organization.pk)
    group = Group(
        organization=organization,
        kind=Entity.Kind.GROUP,
        name=_clean_name(name),
        display_name=_clean_text(display_name or name, "display_name"),
    )
    _save_new(group)
    audit.record(actor, "group.create", group.name, organization_id=organization.pk)
    return group


@transaction.atomic
def enable(actor: Actor, entity: Entity, addr_spec: str) -> None:
    """Give the entity its primary address and let it work; an enabled entity gets a new primary address."""
    require_administrator(actor, entity.organization_id)
    address = entity.addresses.select_related("domain").filter(_same_address(addr_spec)).first()
    if address is None:
        address = _add_address(entity, addr_spec)
    entity.addresses.filter(is_primary=True).update(is_primary=False)
    Address.objects.filter(pk=address.pk).update(is_primary=True)
    _forget_prefetched(entity)
    if not entity.is_enabled:
        entity.state = Entity.State.ENABLED
        entity.enabled_at, entity.disabled_at = timezone.now(), None
        Entity.objects.filter(pk=entity.pk).update(state=entity.state, enabled_at=entity.enabled_at, disabled_at=None)
        signals.entity_enabled.send(sender=Entity, entity=entity)
    audit.record(actor, f"{entity.kind}.enable", addr_spec, organization_id=entity.organization_id)


@transaction.atomic
def disable(actor: Actor, entity: Entity) -> None:
    """Stop access and mail at once. The mailbox is kept, and ``enable`` gives it back."""
    require_administrator(actor, entity.organization_id)
    if actor.user is not None and actor.user.pk == entity.pk:
        raise Invalid(_("You cannot disable yourself. Ask another administrator."))
    if not entity.is_enabled:
        return
    entity.state, entity.disabled_at = Entity.State.DISABLED, timezone.now()
    Entity.objects.filter(pk=entity.pk).update(state=entity.state, disabled_at=entity.disabled_at)
    User.objects.filter(pk=entity.pk).update(session_epoch=F("session_epoch") + 1)
    signals.entity_disabled.send(sender=Entity, entity=entity)
    audit.record(actor, f"{entity.kind}.disable", entity.name, organization_id=entity.organization_id)


@transaction.atomic
def delete(actor: Actor, entity: Entity) -> None:
    """Delete a disabled entity: its addresses become free, its mailbox is kept thirty days.

    Raises:
        Invalid: It is enabled.
    """
    require_administrator(actor, entity.organization_id)
    if entity.is_enabled:
        raise Invalid(_("Disable it first, then delete it."))
    entity.addresses.all().delete()
    Membership.objects.filter(member=entity).delete()
    Entity.objects.filter(pk=entity.pk).update(state=Entity.State.DELETED)
    entity.state = Entity.State.DELETED
    audit.record(actor, f"{entity.kind}.delete", entity.name, organization_id=entity.organization_id)


@transaction.atomic
def add_alias(actor: Actor, entity: Entity, addr_spec: str) -> Address:
    """Give the entity another address. Raises Invalid, AlreadyExists, LimitExceeded."""
    require_administrator(actor, entity.organization_id)
    if entity.addresses.count() > MOST_ALIASES:
        raise LimitExceeded(_("An entity can have at most %(count)d aliases.") % {"count": MOST_ALIASES})
    address = _add_address(entity, addr_spec)
    audit.record(actor, "alias.add", addr_spec, organization_id=entity.organization_id, entity=str(entity.pk))
    return address


@transaction.atomic
def remove_alias(actor: Actor, address: Address) -> None:
    """Take an alias away. Raises Invalid for the primary address."""
    require_administrator(actor, address.entity.organization_id)
    if address.is_primary:
        raise Invalid(_("This is the primary address. Make another one primary first."))
    addr_spec = address.addr_spec
    address.delete()
    audit.record(actor, "alias.remove", addr_spec, organization_id=address.entity.organization_id)


@transaction.atomic
def add_member(actor: Actor, group: Group, member: Entity | str) -> Membership:
    """Add an entity of the organization, or an address elsewhere. Adding twice changes nothing.

    Raises:
        NotFound: The entity belongs to another organization.
        Invalid: A group inside itself, or not an address.
    """
    require_administrator(actor, group.organization_id)
    if isinstance(member, Entity):
        if member.organization_id != group.organization_id:
            raise NotFound
        if member.pk == group.pk:
            raise Invalid(_("A group cannot be a member of itself."), field="member")
        membership, _created = Membership.objects.get_or_create(group=group, member_id=member.pk)
    else:
        local_part, domain = split(member)
        addr_spec = f"{local_part}@{fold_domain(domain)}"
        if not _LOCAL_PART.match(local_part) or not _DOMAIN_NAME.match(fold_domain(domain)):
            raise Invalid(_("This is not an e-mail address."), field="member")
        membership, _created = Membership.objects.get_or_create(group=group, member=None, remote_address=addr_spec)
    audit.record(actor, "group.add_member", group.name, organization_id=group.organization_id, member=str(member))
    return membership


@transaction.atomic
def remove_member(actor: Actor, membership: Membership) -> None:
    group = membership.group
    require_administrator(actor, group.organization_id)
    member = str(membership.member or membership.remote_address)
    membership.delete()
    audit.record(actor, "group.remove_member", group.name, organization_id=group.organization_id, member=member)


def check_new_password(password: str, user: User) -> None:
    """Raises Invalid with the reasons, translated."""
    if len(password) > 256:
        raise Invalid(_("The password is too long."), field="password")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error


def _add_address(entity: Entity, addr_spec: str) -> Address:
    try:
        local_part, domain_name = split(addr_spec)
    except Invalid as error:
        raise Invalid(_("Write the address as name@domain."), field="address") from error
    if not _LOCAL_PART.match(local_part) or local_part.startswith(".") or local_part.endswith("."):
        raise Invalid(_("The part before the @ has characters that an address cannot have."), field="address")
    domain = Domain.objects.filter(name=fold_domain(domain_name), organization_id=entity.organization_id).first()
    if domain is None:
        raise Invalid(_("Your organization has no domain %(domain)s.") % {"domain": domain_name}, field="address")
    try:
        with transaction.atomic():
            address = Address.objects.create(
                entity_id=entity.pk,
                local_part=local_part,
                local_part_folded=fold_local_part(local_part),
                domain=domain,
            )
    except IntegrityError as error:
        raise AlreadyExists(_("The address %(address)s is taken.") % {"address": addr_spec}, field="address") from error
    _forget_prefetched(entity)
    return address


def _same_address(addr_spec: str) -> Q:
    try:
        local_part, domain = split(addr_spec)
    except Invalid:
        return Q(pk=None)
    return Q(local_part_folded=fold_local_part(local_part), domain__name=fold_domain(domain))


def _save_new(entity: Entity) -> None:
    try:
        with transaction.atomic():
            entity.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(_("The name %(name)s is taken.") % {"name": entity.name}, field="name") from error


def _clean_name(name: str) -> str:
    name = name.strip()
    if not _NAME.match(name):
        raise Invalid(_("A user name may have letters, digits and the characters . _ - + ' @."), field="name")
    return name


def _clean_text(text: str, field: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > 200 or any(ord(character) < 32 for character in text):
        raise Invalid(_("Write between 1 and 200 characters."), field=field)
    return text


def _validate(instance: Organization, exclude: Iterable[str]) -> None:
    try:
        instance.clean_fields(exclude=list(exclude))
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=field) from error


def _forget_prefetched(entity: Entity) -> None:
    getattr(entity, "_prefetched_objects_cache", {}).pop("addresses", None)
