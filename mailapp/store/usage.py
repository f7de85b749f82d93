"""How full a mailbox is: what the pages show, what the person is warned of, and what takes the most room."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from mailapp import access
from mailapp.access import OpenMailbox, Right
from mailapp.store import appending, queries
from mailapp.store.models import Folder, Mailbox, Message
from mailapp.store.queries import MessageRow
from workmail.directory.models import User
from workmail.ui import formats

LEVELS = (80, 90, 100)
LARGE_BYTES = 1024 * 1024
_PAGE = 20
# A mailbox in which an ordinary message no longer fits is full, though some octets are left.
_ORDINARY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Usage:
    used_bytes: int
    quota_bytes: int

    @property
    def share(self) -> float:
        return self.used_bytes / self.quota_bytes if self.quota_bytes else 1.0

    @property
    def left_bytes(self) -> int:
        return max(0, self.quota_bytes - self.used_bytes)

    @property
    def level(self) -> int:
        """Return the highest of 80, 90 and 100 per cent that is reached, or 0."""
        if self.left_bytes <= min(_ORDINARY_BYTES, self.quota_bytes // 100):
            return 100
        return max((level for level in LEVELS[:2] if self.used_bytes * 100 >= self.quota_bytes * level), default=0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the largest messages ends."""

    size_bytes: int
    id: int

    @classmethod
    def parsed(cls, text: str) -> "Place | None":
        """Read what ``str`` wrote; nothing for anything else."""
        size, _dot, message_id = text.partition(".")
        if not (size.isdecimal() and message_id.isdecimal()) or max(len(size), len(message_id)) > 18:
            return None
        return cls(int(size), int(message_id))

    def __str__(self) -> str:
        return f"{self.size_bytes}.{self.id}"


@dataclass(frozen=True, slots=True)
class LargeMessages:
    rows: list[MessageRow]
    next: Place | None


def of(mailbox: OpenMailbox) -> Usage:
    return Usage(mailbox.mailbox.used_bytes, mailbox.mailbox.quota_bytes)


def large_messages(mailbox: OpenMailbox, *, after: Place | None = None, limit: int = _PAGE) -> LargeMessages:
    """Return the messages of a megabyte and more, the largest first, a page by key."""
    mailbox.require(Right.READ)
    rows = Message.objects.filter(mailbox=mailbox.mailbox, size_bytes__gte=LARGE_BYTES)
    if after is not None:
        rows = rows.filter(Q(size_bytes__lt=after.size_bytes) | Q(size_bytes=after.size_bytes, id__lt=after.id))
    found = list(rows.defer("structure").order_by("-size_bytes", "-id")[: limit + 1])
    shown = found[:limit]
    following = Place(shown[-1].size_bytes, shown[-1].pk) if len(found) > limit else None
    return LargeMessages(queries.message_rows(mailbox, shown), following)


def sentence(level: int) -> str:
    """Say how full the mailbox is, and what that means."""
    if level >= 100:
        return _("Your mailbox is full: new mail waits, and goes back to its senders after a while.")
    return _("Your mailbox is more than %(percent)s full.") % {"percent": formats.percent(level / 100)}


# --- Warning by mail ---------------------------------------------------------------------------------------------


def warn() -> int:
    """Write to everyone whose mailbox has reached a level since the last look; returns to how many.

    Each level is told once, until the mailbox falls below it again.
    """
    count = 0
    for mailbox in _noteworthy():
        level = Usage(mailbox.used_bytes, mailbox.quota_bytes).level
        if level > mailbox.warned_percent:
            count += _tell(mailbox, level)
        elif level < mailbox.warned_percent:
            _note(mailbox, level)
    return count


def _noteworthy() -> Iterable[Mailbox]:
    at_first = Q(used_bytes__gte=F("quota_bytes") * LEVELS[0] / 100)
    rows = Mailbox.objects.filter(at_first | Q(warned_percent__gt=0), entity__kind="user", entity__state="enabled")
    return rows.only("pk", "used_bytes", "quota_bytes", "warned_percent", "entity_id").iterator()


def _note(mailbox: Mailbox, level: int) -> bool:
    """Remember the level; False when another process was faster."""
    rows = Mailbox.objects.filter(pk=mailbox.pk, warned_percent=mailbox.warned_percent)
    return bool(rows.update(warned_percent=level))


def _tell(row: Mailbox, level: int) -> bool:
    user = User.objects.filter(pk=row.entity_id).select_related("organization").first()
    if user is None:
        return False
    mailbox = access.open_mailbox_for_system(row.pk)
    inbox = access.folder_by_role(mailbox, Folder.Role.INBOX)
    prepared = appending.prepare(_message(user, level, Usage(row.used_bytes, row.quota_bytes)))
    sealed = appending.seal(mailbox.keys, prepared)
    with transaction.atomic():
        if not _note(row, level):
            return False
        # It counts like any message, but a full mailbox does not refuse it.
        appending.append(inbox, [sealed], is_beyond_quota=True)
    return True


def _message(user: User, level: int, usage: Usage) -> bytes:
    """Write the warning in the person's language."""
    language = str((user.preferences or {}).get("language") or user.organization.language or settings.LANGUAGE_CODE)
    domain = user.addr_spec.rpartition("@")[2] or settings.MAIL_HOST_NAME
    with translation.override(language):
        numbers = {"used": formats.file_size(usage.used_bytes), "quota": formats.file_size(usage.quota_bytes)}
        text = "\n\n".join(
            [
                sentence(level),
                _("%(used)s of %(quota)s are used.") % numbers,
                _("Here you see what takes the most room, and can delete it: %(url)s")
                % {"url": f"{settings.PUBLIC_URL}/settings/storage/"},
                _("This message was written by the mail system. Nobody reads answers to it."),
            ]
        )
        subject = _("Your mailbox is full")
        if level < 100:
            subject = _("Your mailbox is %(percent)s full") % {"percent": formats.percent(level / 100)}
        sender = _("Mail system")
    message = EmailMessage()
    message["From"] = f'"{sender}" <postmaster@{domain}>'
    message["To"] = user.addr_spec
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<storage.{level}.{UUID(str(user.pk)).hex}.{int(datetime.now(UTC).timestamp())}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text + "\n")
    message["Content-Language"] = language  # after the content, which replaces all fields about it
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
