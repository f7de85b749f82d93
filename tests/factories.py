"""People and mail for tests, made by the operations that the product uses. Each makes the smallest valid thing."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from tests.services.environment import PASSWORD

if TYPE_CHECKING:
    from mailapp.access import OpenFolder, OpenMailbox
    from mailapp.store.models import Message
    from workmail.accounts.actor import Actor
    from workmail.directory.models import Entity, Group, Organization, User

_numbers = itertools.count(1)
LONG_AGO = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def make_organization(alias: str = "", *, domain: str = "", **fields: Any) -> "Organization":
    """Make an organization with a verified domain and the administrator ``admin``."""
    from workmail.accounts.actor import SYSTEM
    from workmail.directory import services

    alias = alias or f"organization-{next(_numbers)}"
    fields = {"name": alias.title(), "password": PASSWORD, "domain_is_verified": True} | fields
    organization, _ = services.create_organization(
        SYSTEM,
        alias=alias,
        domain=domain or f"{alias}.test",
        administrator_name="admin",
        administrator_display_name="Administrator",
        **fields,
    )
    return organization


def domain_of(organization: "Organization") -> str:
    return organization.domains.get(is_default=True).name


def administrator_of(organization: "Organization") -> "User":
    from workmail.directory.models import User

    return User.objects.get(organization=organization, name="admin")


def make_user(
    organization: "Organization", name: str = "", *, aliases: Sequence[str] = (), enabled: bool = True, **fields: Any
) -> "User":
    """Make a person with a mailbox and the password ``tests.services.environment.PASSWORD``.

    Aliases without ``@`` stand in the organization's default domain.
    """
    from workmail.accounts.actor import SYSTEM
    from workmail.directory import services

    name = name or f"person{next(_numbers)}"
    domain = domain_of(organization)
    fields = {"display_name": name.title(), "password": PASSWORD} | fields
    user = services.create_user(SYSTEM, organization, name=name, **fields)
    if enabled:
        services.enable(SYSTEM, user, f"{name}@{domain}")
        for alias in aliases:
            services.add_alias(SYSTEM, user, alias if "@" in alias else f"{alias}@{domain}")
    return user


def make_group(organization: "Organization", name: str = "", *, members: Sequence["Entity | str"] = ()) -> "Group":
    """Make a group that takes mail; members are entities, or addresses elsewhere."""
    from workmail.accounts.actor import SYSTEM
    from workmail.directory import services

    name = name or f"group{next(_numbers)}"
    group = services.create_group(SYSTEM, organization, name=name)
    services.enable(SYSTEM, group, f"{name}@{domain_of(organization)}")
    for member in members:
        services.add_member(SYSTEM, group, member)
    return group


def actor_for(user: "User", *, protocol: str = "web", client_address: str = "192.0.2.1") -> "Actor":
    from workmail.accounts.actor import Actor

    return Actor(user=user, protocol=protocol, client_address=client_address)


def open_mailbox(user: "User") -> "OpenMailbox":
    """Open the person's own mailbox, as that person."""
    from mailapp import access

    return access.open_own_mailbox(actor_for(user))


def open_folder(user: "User", role: str = "inbox") -> "OpenFolder":
    """Open one of the person's six standard folders, as that person."""
    from mailapp import access

    return access.folder_by_role(open_mailbox(user), role)


def store_message(
    user: "User", raw: bytes | None = None, *, role: str = "inbox", internal_date: datetime | None = None, **flags: Any
) -> "Message":
    """Put a message into one of the person's standard folders; ``flags`` as in ``appending.Flags``."""
    from mailapp.store import appending

    folder = open_folder(user, role)
    prepared = appending.prepare(make_message_bytes(to=user.addr_spec) if raw is None else raw)
    sealed = appending.seal(folder.keys, prepared, flags=appending.Flags(**flags), internal_date=internal_date)
    return appending.append(folder, [sealed])[0]


def make_message_bytes(
    *,
    from_: str = "Sender <sender@example.org>",
    to: str | Sequence[str] = "alice@example.test",
    cc: str | Sequence[str] = (),
    subject: str = "",
    text: str | None = "Hello.\n",
    html: str | None = None,
    attachments: Sequence[tuple[str, str, bytes]] = (),
    date: datetime = LONG_AGO,
    message_id: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
    header_fields: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Return a well-formed message with CRLF line ends.

    Args:
        attachments: File name, content type and octets of each.
        message_id: With its angle brackets; unique by itself.
        header_fields: More of them, as name and body.
    """
    number = next(_numbers)
    message = EmailMessage()
    message["From"] = from_
    message["To"] = to if isinstance(to, str) else ", ".join(to)
    if cc:
        message["Cc"] = cc if isinstance(cc, str) else ", ".join(cc)
    message["Subject"] = subject or f"Message {number}"
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id or f"<message-{number}@example.org>"
    if in_reply_to:
        message["In-Reply-To"] = in_reply_to
    if references or in_reply_to:
        message["References"] = " ".join(references or [in_reply_to])
    for name, body in header_fields:
        message[name] = body
    if text is not None:
        message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html") if text is not None else message.set_content(html, subtype="html")
    for file_name, content_type, octets in attachments:
        maintype, _, subtype = content_type.partition("/")
        message.add_attachment(octets, maintype=maintype, subtype=subtype, filename=file_name)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
