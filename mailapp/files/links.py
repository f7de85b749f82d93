"""Links to files: for whoever has the address, until it runs out, is withdrawn, or the file is deleted.

The token in the address is derived from the link's id under the mailbox's keys and found by its digest, so that the
database alone opens nothing, and the owner can still copy the address.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from mailapp.access import OpenMailbox, Right, open_mailbox_for_system
from mailapp.files.models import File, Link
from mailapp.jobs import files as sealed
from workmail.accounts import lockout
from workmail.accounts.lockout import Limit
from workmail.audit import log as audit
from workmail.directory.models import Entity, Organization
from workmail.errors import Invalid, NotFound, WorkmailError

DAYS: Final = (1, 7, 30, 90, 365)
DEFAULT_DAYS: Final = 30
LONGEST_PASSWORD: Final = 200
SHORTEST_PASSWORD: Final = 6
# How long a download that was allowed can be gone on with after the connection broke.
PASS_VALID: Final = timedelta(hours=6)
KEPT_GONE: Final = timedelta(days=365)  # how long a link says that it has run out, before it is not known any more
_ADMITTED: Final = "files.admitted"

# From one network few guesses are free; all networks together get more, so that no stranger closes a link for others.
FROM_NETWORK = Limit("file_link_network", 5, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=24))
ALTOGETHER = Limit("file_link", 100, timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=24))


class Gone(WorkmailError):
    """The link was one, and opens nothing any more."""

    code = "gone"


class WrongPassword(Invalid):
    """Not the link's password."""

    code = "wrong_password"


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A living link, as whoever has the address sees it."""

    link: Link
    file: File
    mailbox: OpenMailbox
    name: str

    @property
    def needs_password(self) -> bool:
        return bool(self.link.password)

    @property
    def sender(self) -> Entity:
        return self.mailbox.mailbox.entity


# --- The owner -------------------------------------------------------------------------------------------------


def create(mailbox: OpenMailbox, file: File, *, days: int = DEFAULT_DAYS, password: str = "") -> Link:
    """Return the living link of a file, made when there is none. Raises Invalid."""
    mailbox.require(Right.WRITE)
    if file.link is not None and is_living(file.link):
        return file.link
    link = Link(mailbox=mailbox.mailbox, days=_known(days), password=_hashed(password))
    link.expires_at = timezone.now() + timedelta(days=link.days)
    link.token_digest = _digest(token_of(mailbox, link))
    with transaction.atomic():
        locked = File.objects.select_for_update(of=("self",)).select_related("link").get(pk=file.pk)
        if locked.link is not None and is_living(locked.link):
            return locked.link
        link.save(force_insert=True)
        locked.link = link
        if locked.draft_id is not None or locked.expires_at is not None:
            locked.expires_at = link.expires_at
        locked.save(update_fields=["link", "expires_at"])
    file.link, file.expires_at = link, locked.expires_at
    audit.record(mailbox.actor, "file_link.create", file.pk, days=link.days, has_password=bool(link.password))
    return link


def change(
    mailbox: OpenMailbox,
    file: File,
    *,
    days: int | None = None,
    password: str | None = None,
    keeps_file: bool | None = None,
) -> None:
    """Change what is given of a living link.

    Args:
        days: It runs out that many days from now.
        password: Empty takes it away.
        keeps_file: Whether the file stays when the link has run out.

    Raises:
        NotFound: There is no living link.
        Invalid
    """
    mailbox.require(Right.WRITE)
    link = file.link
    if link is None or not is_living(link):
        raise NotFound
    changes = {}
    if days is not None:
        changes |= {"days": _known(days), "expires_at": timezone.now() + timedelta(days=days)}
    if password is not None:
        changes["password"] = _hashed(password)
    with transaction.atomic():
        if changes:
            Link.objects.filter(pk=link.pk).update(**changes)
            link.refresh_from_db()
        stays = file.expires_at is None if keeps_file is None else keeps_file
        File.objects.filter(pk=file.pk).update(expires_at=None if stays else link.expires_at)
    audit.record(mailbox.actor, "file_link.change", file.pk, days=days, has_password=bool(link.password))


def revoke(mailbox: OpenMailbox, file: File) -> None:
    """Withdraw the link; the file stays as long as it would have. Withdrawing twice changes nothing."""
    mailbox.require(Right.WRITE)
    if file.link is None:
        return
    with transaction.atomic():
        ended = Link.objects.filter(pk=file.link_id, revoked_at=None).update(revoked_at=timezone.now())
        File.objects.filter(pk=file.pk).update(link=None)
    file.link = None
    if ended:
        audit.record(mailbox.actor, "file_link.revoke", file.pk)


def renew(links: list[Link], start: datetime) -> None:
    """Count the days anew from when the message with the links leaves; inside no transaction of its own."""
    for link in links:
        until = start + timedelta(days=link.days)
        if until > link.expires_at:
            Link.objects.filter(pk=link.pk, revoked_at=None).update(expires_at=until)
            File.objects.filter(link=link, expires_at__isnull=False).update(expires_at=until)
            link.expires_at = until


def is_living(link: Link) -> bool:
    return link.revoked_at is None and link.expires_at > timezone.now()


def token_of(mailbox: OpenMailbox, link: Link) -> str:
    """Return 128 bits that only the mailbox's keys can make."""
    return base64.urlsafe_b64encode(mailbox.keys.digest(f"file link {link.pk.hex}")).decode().rstrip("=")


def url_of(mailbox: OpenMailbox, link: Link) -> str:
    return settings.PUBLIC_URL + reverse("mail:link", args=[token_of(mailbox, link)])


# --- Whoever has the address -------------------------------------------------------------------------------------


def open_link(token: str) -> OpenLink:
    """Return what an address opens.

    Raises:
        NotFound: It never was one, or is forgotten.
        Gone: It has run out, was withdrawn, or the person or the file is not there any more.
        KeyUnavailable
    """
    link = Link.objects.filter(token_digest=_digest(token)).first()
    if link is None:
        raise NotFound
    file = File.objects.filter(link=link).select_related("stored").first()
    if file is None or not is_living(link):
        raise Gone
    mailbox = open_mailbox_for_system(link.mailbox_id)
    entity = mailbox.mailbox.entity
    if entity.state != Entity.State.ENABLED or entity.organization.state != Organization.State.ACTIVE:
        raise Gone
    return OpenLink(link, file, mailbox, sealed.name_of(mailbox, file.stored))


@sensitive_variables("password")
def admit(opened: OpenLink, password: str, client_address: str | None) -> str:
    """Count a download and return the pass for it, good for some hours.

    Raises:
        WrongPassword
        lockout.Blocked: Too many wrong ones.
    """
    if opened.needs_password:
        _check_password(opened, password, client_address)
    Link.objects.filter(pk=opened.link.pk).update(download_count=F("download_count") + 1)
    return signing.dumps(_passed(opened), salt=_ADMITTED)


def is_admitted(opened: OpenLink, pass_text: str) -> bool:
    """Tell whether a pass is for this link, and as old as it may be; another password ends it."""
    try:
        return signing.loads(pass_text, salt=_ADMITTED, max_age=PASS_VALID) == _passed(opened)
    except signing.BadSignature:
        return False


def forget() -> int:
    """Delete links that have been over for a year; returns how many."""
    over = Link.objects.filter(expires_at__lt=timezone.now() - KEPT_GONE, file__isnull=True)
    return over.delete()[0]


@sensitive_variables("password")
def _check_password(opened: OpenLink, password: str, client_address: str | None) -> None:
    key, network = opened.link.pk.hex, lockout.address_key(client_address)
    keys = {ALTOGETHER: key}
    if network:
        keys[FROM_NETWORK] = hashlib.sha256(f"{key} {network}".encode()).hexdigest()
    attempt = lockout.begin(keys)
    if len(password) > LONGEST_PASSWORD or not check_password(password, opened.link.password):
        if attempt.blocked_until:
            audit.record(
                opened.mailbox.actor,
                "file_link.guessed",
                opened.file.pk,
                organization_id=opened.mailbox.mailbox.organization_id,
                succeeded=False,
                network=network,
            )
        raise WrongPassword(_("This is not the password. Ask whoever sent you the link."), field="password")
    attempt.succeeded(forgives=(FROM_NETWORK,))


def _passed(opened: OpenLink) -> str:
    return hashlib.sha256(f"{opened.link.pk.hex} {opened.link.password}".encode()).hexdigest()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _known(days: int) -> int:
    if days not in DAYS:
        raise Invalid(_("Choose one of the times offered."), field="days")
    return days


def _hashed(password: str) -> str:
    """Slow, so never inside a transaction. Raises Invalid."""
    if not password:
        return ""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(
            _("A password needs between %(least)d and %(most)d characters.")
            % {"least": SHORTEST_PASSWORD, "most": LONGEST_PASSWORD},
            field="password",
        )
    return make_password(password)
