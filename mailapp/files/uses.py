"""Which links a draft carries, and the block with which they stand in its message."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp.access import OpenMailbox
from mailapp.files import links, storing
from mailapp.files.models import File, Link, Use
from workmail.ui import formats

_BOX = "border:1px solid #c5ccd6;border-radius:8px;padding:10px 14px;font-family:sans-serif;font-size:14px"
_NAME = "font-weight:bold;color:#1a4fa3"
_FACTS = "color:#566070;font-size:13px"


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """A file whose link goes with a message. ``url`` is empty when the link is over."""

    file: File
    link: Link | None
    name: str
    url: str

    @property
    def id(self) -> UUID:
        return self.file.pk

    @property
    def size_bytes(self) -> int:
        return self.file.size_bytes

    @property
    def facts(self) -> str:
        """Say "220 MB, until 24 December 2026, with a password"."""
        if self.link is None:
            return formats.file_size(self.size_bytes)
        values = {"size": formats.file_size(self.size_bytes), "date": formats.long_date(self.link.expires_at)}
        if self.link.password:
            # Translators: what stands below the name of a linked file; {size} is such as "220 MB"
            return _("{size}, can be downloaded until {date}, with a password").format(**values)
        # Translators: what stands below the name of a linked file; {size} is such as "220 MB"
        return _("{size}, can be downloaded until {date}").format(**values)


def add(draft_id: UUID, file: File) -> None:
    """Let a draft carry the file's link, inside the caller's transaction; twice is once."""
    Use.objects.get_or_create(draft_id=draft_id, file=file)


def remove(mailbox: OpenMailbox, draft_id: UUID, file_id: UUID) -> None:
    """Take a link out of a draft; a file that was uploaded for this draft only goes with it."""
    file = File.objects.filter(pk=file_id, mailbox=mailbox.mailbox).first()
    if file is None:
        return
    Use.objects.filter(draft_id=draft_id, file=file).delete()
    if file.draft_id == draft_id and not Use.objects.filter(file=file).exists():
        storing.delete(mailbox, file)


def of_draft(mailbox: OpenMailbox, draft_id: UUID) -> list[LinkedFile]:
    """Return what a draft carries, in the order it was put in."""
    rows = Use.objects.filter(draft_id=draft_id, file__mailbox=mailbox.mailbox)
    rows = rows.select_related("file__stored", "file__link").order_by("created_at", "pk")
    return [_readable(mailbox, use.file) for use in rows]


def forget(draft_id: UUID) -> None:
    """The draft is sent, or nobody works on it any more; its links live on by themselves."""
    Use.objects.filter(draft_id=draft_id).delete()
    File.objects.filter(draft_id=draft_id).update(draft_id=None)


def html_block(carried: Sequence[LinkedFile]) -> str:
    """Return the files as they stand below the text of a message."""
    shown = [linked for linked in carried if linked.url]
    if not shown:
        return ""
    lines = "".join(
        f'<tr><td style="{_BOX}"><a href="{escape(linked.url)}" style="{_NAME}">{escape(linked.name)}</a><br>'
        f'<span style="{_FACTS}">{escape(linked.facts)}</span></td></tr>'
        for linked in shown
    )
    return f'<p>{escape(_heading(len(shown)))}</p><table cellspacing="6" cellpadding="0">{lines}</table>'


def text_block(carried: Sequence[LinkedFile]) -> str:
    shown = [linked for linked in carried if linked.url]
    if not shown:
        return ""
    lines = [f"* {linked.name}\n  {linked.facts}\n  {linked.url}" for linked in shown]
    return "\n\n".join([_heading(len(shown)), *lines])


def _heading(count: int) -> str:
    return ngettext("File to download:", "Files to download:", count)


def _readable(mailbox: OpenMailbox, file: File) -> LinkedFile:
    living = file.link if file.link is not None and links.is_living(file.link) else None
    url = links.url_of(mailbox, living) if living is not None else ""
    return LinkedFile(file, living, storing.name_of(mailbox, file), url)
