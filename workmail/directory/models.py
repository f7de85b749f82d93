"""Organizations and what lives in them: domains, users, groups, resources, addresses.

Users, groups and resources are *entities*: one table gives them a common id, so that an address, a membership
or a permission refers to any of them. The words are those of WorkMail's API.
"""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def new_organization_id() -> str:
    return f"m-{uuid.uuid4().hex}"


class Organization(models.Model):
    """A tenant. Every query about people or mail starts from one."""

    class State(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("organization state", "active")
        DELETED = "deleted", pgettext_lazy("organization state", "deleted")

    id = models.CharField(primary_key=True, max_length=34, default=new_organization_id, editable=False)
    alias = models.CharField(
        max_length=62,
        unique=True,
        validators=[
            RegexValidator(
                r"\A(?!d-)[a-z0-9]+(?:-[a-z0-9]+)*\Z",
                _("Use lower-case letters and digits, with single hyphens between them."),
            )
        ],
    )
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=8, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    # From which size an attachment becomes a link; 0: only when somebody asks for it.
    link_attachments_over_bytes = models.PositiveBigIntegerField(default=20 * 1024 * 1024)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Domain(models.Model):
    """A mail domain of one organization. Addresses work only after its ownership is verified."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="domains")
    name = models.CharField(max_length=253, unique=True)  # lower case, IDNA A-labels
    is_default = models.BooleanField(default=False)
    is_verified = models.BooleanField(default=False)
    verification_token = models.CharField(max_length=64, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(is_default=True), name="one_default_domain"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Entity(models.Model):
    """A user, group or resource."""

    class Kind(models.TextChoices):
        USER = "user", pgettext_lazy("kind of entity", "user")
        GROUP = "group", pgettext_lazy("kind of entity", "group")
        RESOURCE = "resource", pgettext_lazy("kind of entity", "resource")

    class State(models.TextChoices):
        ENABLED = "enabled", pgettext_lazy("entity state", "enabled")
        DISABLED = "disabled", pgettext_lazy("entity state", "disabled")
        DELETED = "deleted", pgettext_lazy("entity state", "deleted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="entities")
    kind = models.CharField(max_length=16, choices=Kind.choices, editable=False)
    name = models.CharField(max_length=256)  # the user name or the group's name; unique within kind
    display_name = models.CharField(max_length=256, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DISABLED)
    hidden_from_address_list = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    enabled_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "kind", "name"],
                condition=~models.Q(state="deleted"),
                name="one_living_entity_per_name",
            )
        ]

    def __str__(self) -> str:
        return self.display_name or self.name

    @property
    def is_enabled(self) -> bool:
        return self.state == self.State.ENABLED

    def primary_address(self) -> "Address | None":
        """Return the address that people see; prefetch ``addresses`` before calling it for many."""
        known = "addresses" in getattr(self, "_prefetched_objects_cache", {})
        addresses = self.addresses.all() if known else self.addresses.select_related("domain")
        return min(addresses, key=lambda address: not address.is_primary, default=None)

    @property
    def addr_spec(self) -> str:
        """The primary address, or an empty string for an entity that was never enabled."""
        address = self.primary_address()
        return address.addr_spec if address else ""


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str) -> "User":
        return self.get(pk=username)


class User(AbstractBaseUser, Entity):
    """A person, who signs in. What they may do follows from ``role`` and from rights others grant."""

    class Role(models.TextChoices):
        USER = "user", pgettext_lazy("role", "user")
        ADMINISTRATOR = "administrator", pgettext_lazy("role", "administrator")

    entity = models.OneToOneField(Entity, models.CASCADE, parent_link=True, primary_key=True, related_name="user")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.USER)
    is_operator = models.BooleanField(default=False)  # of the installation: sees every organization
    given_name = models.CharField(max_length=128, blank=True)
    family_name = models.CharField(max_length=128, blank=True)
    # What colleagues see in the address list.
    department = models.CharField(max_length=128, blank=True)
    job_title = models.CharField(max_length=128, blank=True)
    phone = models.CharField(max_length=128, blank=True)
    manager = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reports")
    must_change_password = models.BooleanField(default=False)
    # Changes when the person signs out everywhere or gets a new password; every session carries a copy.
    session_epoch = models.PositiveIntegerField(default=0)
    preferences = models.JSONField(default=dict, blank=True)  # read and written by accounts.preferences only

    objects = UserManager()
    USERNAME_FIELD = "id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return Entity.__str__(self)  # Django's own would be the id

    @property
    def is_active(self) -> bool:
        """Django's word for: may sign in."""
        return self.state == self.State.ENABLED

    @property
    def is_administrator(self) -> bool:
        return self.role == self.Role.ADMINISTRATOR or self.is_operator

    def get_session_auth_hash(self) -> str:
        return f"{super().get_session_auth_hash()}:{self.session_epoch}"


class Portrait(models.Model):
    """The picture of a person, a small JPEG. A table of its own: every request reads its user."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="portrait")
    image = models.BinaryField()
    updated_at = models.DateTimeField(auto_now=True)


class Group(Entity):
    """A distribution list; nestable, without a mailbox."""

    entity = models.OneToOneField(Entity, models.CASCADE, parent_link=True, primary_key=True, related_name="group")


class Resource(Entity):
    """A room or a piece of equipment; has a mailbox that takes bookings."""

    class Type(models.TextChoices):
        ROOM = "room", pgettext_lazy("kind of resource", "room")
        EQUIPMENT = "equipment", pgettext_lazy("kind of resource", "equipment")

    entity = models.OneToOneField(Entity, models.CASCADE, parent_link=True, primary_key=True, related_name="resource")
    type = models.CharField(max_length=16, choices=Type.choices, default=Type.ROOM)


class Address(models.Model):
    """One address of an entity: its primary one or an alias."""

    entity = models.ForeignKey(Entity, models.CASCADE, related_name="addresses")
    local_part = models.CharField(max_length=64)  # as people write it
    local_part_folded = models.CharField(max_length=64)  # as it is compared: NFKC, case folded
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="addresses")
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["domain", "local_part_folded"], name="one_entity_per_address"),
            models.UniqueConstraint(
                fields=["entity"], condition=models.Q(is_primary=True), name="one_primary_address_per_entity"
            ),
        ]

    def __str__(self) -> str:
        return self.addr_spec

    @property
    def addr_spec(self) -> str:
        return f"{self.local_part}@{self.domain.name}"


class Membership(models.Model):
    """One member of a group: an entity of the organization, or an address elsewhere."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships")
    member = models.ForeignKey(Entity, models.CASCADE, null=True, blank=True, related_name="member_of")
    remote_address = models.CharField(max_length=320, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "member"], condition=models.Q(member__isnull=False), name="one_membership_per_member"
            ),
            models.UniqueConstraint(
                fields=["group", "remote_address"],
                condition=~models.Q(remote_address=""),
                name="one_membership_per_remote_address",
            ),
            models.CheckConstraint(
                condition=models.Q(member__isnull=False) ^ ~models.Q(remote_address=""),
                name="member_or_remote_address",
            ),
        ]
