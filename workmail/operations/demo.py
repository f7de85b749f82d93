"""The demo organization: something to look at right after the first start."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from workmail.accounts.actor import SYSTEM
from workmail.directory import services
from workmail.directory.models import Entity, Organization, User
from workmail.operations import sample_mail

ALIAS = "example"
DOMAIN = "example.test"  # RFC 6761: never anybody's


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    display_name: str
    language: str


ADMINISTRATOR = Person("admin", "Administrator", "en")
PEOPLE = (
    Person("alice", "Alice", "en"),
    Person("bob", "Bob", "en"),
    Person("chloe", "Chloé", "fr"),
    Person("dmitri", "Дмитрий", "ru"),
)


def make_demo() -> Organization:
    """Return the demo organization, after adding what it lacks. What somebody changed there stays as it is.

    Raises:
        WorkmailError: The password in WORKMAIL_DEMO_PASSWORD is refused, or alias or domain belong to somebody else.
    """
    password = settings.DEMO_PASSWORD or _kept_password()
    with transaction.atomic():
        organization = Organization.objects.filter(alias=ALIAS).first()
        is_new = organization is None
        if organization is None:
            organization, administrator = services.create_organization(
                SYSTEM,
                name="Example",
                alias=ALIAS,
                domain=DOMAIN,
                administrator_name=ADMINISTRATOR.name,
                administrator_display_name=ADMINISTRATOR.display_name,
                password=password,
                domain_is_verified=True,
            )
            services.add_alias(SYSTEM, administrator, f"postmaster@{DOMAIN}")  # RFC 5321, section 4.5.1
        known = set(
            User.objects.filter(organization=organization)
            .exclude(state=Entity.State.DELETED)
            .values_list("name", flat=True)
        )
        for person in PEOPLE:
            if person.name not in known:
                user = services.create_user(
                    SYSTEM,
                    organization,
                    name=person.name,
                    display_name=person.display_name,
                    password=password,
                    language=person.language,
                )
                services.enable(SYSTEM, user, f"{person.name}@{DOMAIN}")
    if is_new:
        sample_mail.fill(organization)
    return organization


def make_demo_at_first_start(say: Callable[[str], None]) -> None:
    """Make the demo unless there is any organization already: a deleted demo does not come back."""
    if settings.DEMO and not Organization.objects.exists():
        make_demo()
        say(f"Demo: organization {DOMAIN} made.")


def describe() -> dict[str, object] | None:
    """Return the demo's addresses and what to say about its password, or None where there is no demo."""
    if not Organization.objects.filter(alias=ALIAS, domains__name=DOMAIN).exists():
        return None
    path = password_file()
    if settings.DEMO_PASSWORD:
        password = "the one in WORKMAIL_DEMO_PASSWORD"  # noqa: S105
    elif path.exists():
        password = f"{path.read_text(encoding='ascii').strip()}   (kept in {path})"
    else:
        password = "the one it was made with"  # noqa: S105
    people = (ADMINISTRATOR, *PEOPLE)
    return {"addresses": [f"{person.name}@{DOMAIN}" for person in people], "password": password}


def password_file() -> Path:
    return Path(settings.SECRETS_DIR) / "demo-password"


def _kept_password() -> str:
    """Return the random password of the demo, made at the first call and readable by the owner only."""
    path = password_file()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write("-".join(secrets.token_hex(2) for _ in range(4)) + "\n")
    return path.read_text(encoding="ascii").strip()
