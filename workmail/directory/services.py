"""Writing the directory: organizations, users, groups, addresses (domains: see ``domains``). One transaction each.

Who may call them is decided by ``require_administrator``: an administrator of that organization, an operator of the
installation, or the system itself.
"""

import zoneinfo
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from workmail.accounts.actor import SYSTEM, Actor
from workmail.audit import log as audit
from workmail.directory import profiles, signals
from workmail.directory.addresses import fold_domain, fold_local_part, split
from workmail.directory.cleaning import clean_address, clean_name, clean_text
from workmail.directory.domains import add_domain
from workmail.directory.models import Address, Domain, Entity, Group, Membership, Organization, User
from workmail.directory.permissions import require_administrator, require_administrator_of
from workmail.errors import AlreadyExists, Forbidden, Invalid, LimitExceeded, NotFound
from workmail.keys.services import create_organization_key

MOST_ALIASES = 100


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
    organization = Organization(name=clean_text(name, "name"), alias=alias.strip().lower(), language=language)
    organization.time_zone = settings.DEFAULT_TIME_ZONE
    _validate(organization, exclude=["key"])
    administrator = _new_user(
        organization,
        name=administrator_name,
        display_name=administrator_display_name,
        role=User.Role.ADMINISTRATOR,
        language=language,
    )
    _encode_password(administrator, password)  # slow: before the transaction
    with transaction.atomic():
        try:
            with transaction.atomic():
                organization.save(force_insert=True)
        except IntegrityError as error:
            raise AlreadyExists(_("This alias is taken. Choose another one."), field="alias") from error
        create_organization_key(organization)
        first = add_domain(SYSTEM, organization, domain, is_verified=domain_is_verified, is_default=True)
        _save_new(administrator)
        enable(SYSTEM, administrator, f"{administrator.name}@{first.name}")
        audit.record(
            actor, "organization.create", organization.alias, organization_id=organization.pk, domain=first.name
        )
    return organization, administrator


@transaction.atomic
def change_organization(
    actor: Actor,
    organization: Organization,
    *,
    name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    link_attachments_over_bytes: int | None = None,
) -> None:
    """Change what is given. Raises Invalid."""
    require_administrator(actor, organization.pk)
    names = ("name", "language", "time_zone", "link_attachments_over_bytes")
    before = {field: getattr(organization, field) for field in names}
    if name is not None:
        organization.name = clean_text(name, "name")
    if language is not None:
        if language not in dict(settings.LANGUAGES):
            raise Invalid(_("Choose one of the languages offered."), field="language")
        organization.language = language
    if time_zone is not None:
        if time_zone not in zoneinfo.available_timezones():
            raise Invalid(_("Choose one of the time zones offered."), field="time_zone")
        organization.time_zone = time_zone
    if link_attachments_over_bytes is not None:
        if not 0 <= link_attachments_over_bytes <= settings.MAX_CONTENT_BYTES:
            raise Invalid(_("A message cannot carry that much. Choose a smaller size."), field="link_attachments_over")
        organization.link_attachments_over_bytes = link_attachments_over_bytes
    changed = {field: getattr(organization, field) for field in before if before[field] != getattr(organization, field)}
    if changed:
        organization.save(update_fields=list(changed))
        audit.record(actor, "organization.change", organization.alias, organization_id=organization.pk, after=changed)


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
    must_change_password: bool = False,
    addr_spec: str = "",
) -> User:
    """Make a user, enabled at ``addr_spec``; without it in state DISABLED: no mail, no sign-in, until ``enable``.

    Raises:
        AlreadyExists: The name or the address is taken.
        Invalid: A field cannot be used; ``details["field"]`` says which.
    """
    require_administrator(actor, organization.pk)
    user = _new_user(
        organization,
        name=name,
        display_name=display_name,
        given_name=given_name,
        family_name=family_name,
        role=role,
        language=language or organization.language,
        must_change_password=must_change_password,
    )
    _encode_password(user, password)  # slow: before the transaction
    with transaction.atomic():
        _save_new(user)
        audit.record(actor, "user.create", user.name, organization_id=organization.pk, role=role)
        if addr_spec:
            enable(actor, user, addr_spec)
    return user


@transaction.atomic
def change_user(
    actor: Actor,
    user: User,
    *,
    display_name: str | None = None,
    given_name: str | None = None,
    family_name: str | None = None,
    role: str | None = None,
    hidden_from_address_list: bool | None = None,
    department: str | None = None,
    job_title: str | None = None,
    phone: str | None = None,
    manager: str | None = None,
) -> None:
    """Change what is given. ``manager`` is an address of the organization, or empty for nobody.

    Raises:
        Invalid: A field cannot be used; ``details["field"]`` says which.
            The last administrator cannot become a user, nor can one take the role from oneself.
    """
    require_administrator_of(actor, user)
    before = {
        field: getattr(user, field)
        for field in (
            *("display_name", "given_name", "family_name", "role", "hidden_from_address_list"),
            *("department", "job_title", "phone", "manager_id"),
        )
    }
    if display_name is not None:
        user.display_name = clean_text(display_name, "display_name")
    if given_name is not None:
        user.given_name = clean_text(given_name, "given_name", least=0)
    if family_name is not None:
        user.family_name = clean_text(family_name, "family_name", least=0)
    for field, text in (("department", department), ("job_title", job_title), ("phone", phone)):
        if text is not None:
            setattr(user, field, clean_text(text, field, least=0))
    if manager is not None:
        user.manager_id = profiles.manager_id(user, manager)
    if hidden_from_address_list is not None:
        user.hidden_from_address_list = hidden_from_address_list
    if role is not None and role != user.role:
        if role not in User.Role.values:
            raise Invalid(_("Choose one of the roles offered."), field="role")
        if actor.user is not None and actor.user.pk == user.pk:
            raise Invalid(_("You cannot change your own role. Ask another administrator."), field="role")
        _require_another_administrator(user)
        user.role = role
    changed = {field: getattr(user, field) for field in before if before[field] != getattr(user, field)}
    if changed:
        user.save(update_fields=list(changed))
        audit.record(
            actor,
            "user.change",
            user.name,
            organization_id=user.organization_id,
            before={field: str(before[field]) for field in changed},
            after={field: str(value) for field, value in changed.items()},
        )


@transaction.atomic
def set_operator(actor: Actor, user: User, *, is_operator: bool) -> None:
    """Make somebody an operator of the installation, or end it. Only the system's own commands may."""
    if actor is not SYSTEM:
        raise Forbidden
    user.is_operator = is_operator
    user.save(update_fields=["is_operator"])
    audit.record(actor, "user.operator", user.name, organization_id=user.organization_id, is_operator=is_operator)


@transaction.atomic
def change_group(
    actor: Actor, group: Group, *, display_name: str | None = None, hidden_from_address_list: bool | None = None
) -> None:
    """Change what is given. Raises Invalid."""
    require_administrator(actor, group.organization_id)
    before = {field: getattr(group, field) for field in ("display_name", "hidden_from_address_list")}
    if display_name is not None:
        group.display_name = clean_text(display_name, "display_name")
    if hidden_from_address_list is not None:
        group.hidden_from_address_list = hidden_from_address_list
    changed = {field: getattr(group, field) for field in before if before[field] != getattr(group, field)}
    if changed:
        group.save(update_fields=list(changed))
        audit.record(actor, "group.change", group.name, organization_id=group.organization_id, after=changed)


@transaction.atomic
def create_group(
    actor: Actor, organization: Organization, *, name: str, display_name: str = "", addr_spec: str = ""
) -> Group:
    """Make a group, enabled at ``addr_spec``; without it in state DISABLED. Raises Invalid, AlreadyExists."""
    require_administrator(actor, organization.pk)
    group = Group(
        organization=organization,
        kind=Entity.Kind.GROUP,
        name=clean_name(name),
        display_name=clean_text(display_name or name, "display_name"),
    )
    _save_new(group)
    audit.record(actor, "group.create", group.name, organization_id=organization.pk)
    if addr_spec:
        enable(actor, group, addr_spec)
    return group


@transaction.atomic
def enable(actor: Actor, entity: Entity, addr_spec: str) -> None:
    """Give the entity its primary address and let it work; an enabled entity gets a new primary address.

    Raises:
        NotFound: It is deleted.
        Invalid, AlreadyExists: The address.
    """
    require_administrator_of(actor, entity)
    if entity.state == Entity.State.DELETED:
        raise NotFound
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
def set_primary_address(actor: Actor, entity: Entity, address: Address) -> None:
    """Choose which of its addresses people see; a disabled entity stays disabled.

    Raises:
        NotFound: The address is not one of the entity's.
    """
    require_administrator_of(actor, entity)
    if address.entity_id != entity.pk:
        raise NotFound
    entity.addresses.filter(is_primary=True).update(is_primary=False)
    Address.objects.filter(pk=address.pk).update(is_primary=True)
    _forget_prefetched(entity)
    audit.record(actor, "address.primary", address.addr_spec, organization_id=entity.organization_id)


@transaction.atomic
def disable(actor: Actor, entity: Entity) -> None:
    """Stop access and mail at once. The mailbox is kept, and ``enable`` gives it back."""
    require_administrator_of(actor, entity)
    if actor.user is not None and actor.user.pk == entity.pk:
        raise Invalid(_("You cannot disable yourself. Ask another administrator."))
    if not entity.is_enabled:
        return
    if user := User.objects.filter(pk=entity.pk).first():
        _require_another_administrator(user)
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
    require_administrator_of(actor, entity)
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
    require_administrator_of(actor, entity)
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
        if member.state == Entity.State.DELETED:
            raise NotFound
        if member.pk == group.pk or _contains(member, group):
            raise Invalid(_("A group cannot be a member of itself, not even through another group."), field="member")
        membership, _created = Membership.objects.get_or_create(group=group, member_id=member.pk)
    else:
        addr_spec = "@".join(clean_address(member, field="member"))
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
    local_part, domain_name = clean_address(addr_spec)
    domain = Domain.objects.filter(name=domain_name, organization_id=entity.organization_id).first()
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
    """Names differ by more than capitals: people sign in with them, however they type them."""
    same_name = Entity.objects.filter(
        organization_id=entity.organization_id, kind=entity.kind, name__iexact=entity.name
    ).exclude(state=Entity.State.DELETED)
    if same_name.exists():
        raise AlreadyExists(_("The name %(name)s is taken.") % {"name": entity.name}, field="name")
    try:
        with transaction.atomic():
            entity.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(_("The name %(name)s is taken.") % {"name": entity.name}, field="name") from error


def _new_user(
    organization: Organization, *, name: str, display_name: str, role: str, language: str, **fields: Any
) -> User:
    """Return a user that is not saved yet. Raises Invalid."""
    if role not in User.Role.values:
        raise Invalid(_("Choose one of the roles offered."), field="role")
    for field in ("given_name", "family_name"):
        if field in fields:
            fields[field] = clean_text(fields[field], field, least=0)
    return User(
        organization=organization,
        kind=Entity.Kind.USER,
        name=clean_name(name),
        display_name=clean_text(display_name or name, "display_name"),
        role=role,
        preferences={"language": language},
        **fields,
    )


def _encode_password(user: User, password: str | None) -> None:
    if password is None:
        user.set_unusable_password()
    else:
        check_new_password(password, user)
        user.set_password(password)


def _require_another_administrator(user: User) -> None:
    """Raises Invalid when ``user`` is the only enabled administrator of the organization."""
    if user.role != User.Role.ADMINISTRATOR or not user.is_enabled:
        return
    # Locked: two administrators who demote each other at the same time would leave none.
    administrators = User.objects.select_for_update(of=("self",)).filter(
        organization_id=user.organization_id, role=User.Role.ADMINISTRATOR, state=Entity.State.ENABLED
    )
    if not any(other.pk != user.pk for other in administrators):
        raise Invalid(_("This is the only administrator. Give somebody else the role first."), field="role")


def _contains(entity: Entity, group: Group) -> bool:
    """Say whether ``group`` is, directly or through other groups, a member of ``entity``."""
    seen: set[Any] = set()
    level = {group.pk}
    while level:
        seen |= level
        holders = set(Membership.objects.filter(member_id__in=level).values_list("group_id", flat=True))
        if entity.pk in holders:
            return True
        level = holders - seen
    return False


def _validate(instance: Organization, exclude: Iterable[str]) -> None:
    try:
        instance.clean_fields(exclude=list(exclude))
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=field) from error


def _forget_prefetched(entity: Entity) -> None:
    getattr(entity, "_prefetched_objects_cache", {}).pop("addresses", None)
