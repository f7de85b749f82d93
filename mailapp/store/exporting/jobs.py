"""Exporting as long work of a person: into a sealed file that only they can download, for a week."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox, Right
from mailapp.jobs import files, kinds, operations
from mailapp.jobs.kinds import Kind
from mailapp.jobs.models import JobFile
from mailapp.jobs.progress import Progress
from mailapp.mime import file_names
from mailapp.store import folders, queries, summaries
from mailapp.store.appending import Flags
from mailapp.store.exporting import mbox_writing
from mailapp.store.exporting.zip_writing import ZipWriter
from mailapp.store.models import Message
from workmail.audit import log as audit
from workmail.errors import Invalid
from workmail.ui import formats

EXPORT = "export"
MBOX, MESSAGES = "mbox", "messages"
_BATCH = 50
_LONGEST_SUBJECT = 60


def start(mailbox: OpenMailbox, folder: OpenFolder | None, form: str) -> UUID:
    """Export a folder with what is below it, or, without one, everything.

    Args:
        form: ``MBOX``: one mbox for each folder, in an archive when there are several; ``MESSAGES``: an archive with
            each message as a file.

    Raises:
        Forbidden, LimitExceeded, Invalid
    """
    mailbox.require(Right.READ)
    if form not in (MBOX, MESSAGES):
        raise Invalid(_("Choose one of the values offered."), field="form")
    about = {"folder": folders.name_of(folder.folder, mailbox.keys) if folder else ""}
    parameters = {"folder": folder.folder.pk.hex if folder else "", "form": form}
    job_id = operations.start(mailbox, EXPORT, parameters=parameters, about=about)
    audit.record(
        mailbox.actor, "mailbox.export", mailbox.mailbox.pk, organization_id=mailbox.mailbox.organization_id, form=form
    )
    return job_id


def register() -> None:
    kinds.register(Kind(EXPORT, _export, _title, _notice, link=_link, forget=_forget))


# --- The work ----------------------------------------------------------------------------------------------------


def _export(mailbox: OpenMailbox, parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    places = _places(mailbox, parameters["folder"])
    is_single = parameters["form"] == MBOX and len(places) == 1
    if progress.total is None:
        progress.set_total(sum(folder.folder.message_count for folder, _path in places))
    output = _Output(mailbox, progress, _file_name(parameters, is_single), is_single)
    done, begun = set(progress.cursor.get("done", [])), progress.cursor.get("begun", {})
    for folder, path in places:
        place = folder.folder.pk.hex
        if place in done:
            continue
        # A folder that was begun has an entry open already.
        writer: _Mbox | _Messages
        writer = _Messages(output, path) if parameters["form"] == MESSAGES else _Mbox(output, path)
        uid = begun.get("uid", 0) if begun.get("folder") == place else -1
        if uid < 0:
            writer.begin()
            uid = 0
        for message in _messages_after(folder, uid):
            writer.write(message)
            output.told(1, begun={"folder": place, "uid": message.uid})
        writer.end()
        done.add(place)
        output.told(0, done=sorted(done), begun={})
    return {"file": output.finish().hex, "messages": progress.done}


def _places(mailbox: OpenMailbox, folder: str) -> list[tuple[OpenFolder, str]]:
    """Return the folders to export with their paths inside an archive, in a fixed order."""
    nodes = folders.tree(mailbox)
    if folder:
        wanted = UUID(folder)
        nodes = [node for node in folders.flat(nodes) if node.id == wanted]
    found: list[tuple[OpenFolder, str]] = []

    def walk(children: Any, above: str) -> None:
        taken: set[str] = set()
        for node in children:
            name = _unused(_safe(node.name), taken)
            found.append((access.folder_in(mailbox, node.id), above + name))
            walk(node.children, f"{above}{name}/")

    walk(nodes, "")
    return found


def _safe(name: str) -> str:
    """Return a name that is one step of a path on any system."""
    return file_names.clean(name.replace("/", "-").replace("\\", "-"))[:100].rstrip(" .") or "_"


def _unused(name: str, taken: set[str]) -> str:
    """Return the name, or one with a number: systems that do not tell cases apart must not lose a folder."""
    unused, number = name, 1
    while unused.casefold() in taken:
        number += 1
        unused = f"{name} {number}"
    taken.add(unused.casefold())
    return unused


def _messages_after(folder: OpenFolder, uid: int) -> Iterator[Message]:
    while True:
        rows = folder.messages.filter(uid__gt=uid).select_related("content").order_by("uid")[:_BATCH]
        batch = list(rows)
        yield from batch
        if len(batch) < _BATCH:
            return
        uid = batch[-1].uid


class _Output:
    """The file that is made: collects what the writers give out, and keeps it a piece at a time.

    What is kept and what the cursor says go together: after a crash, pieces that the cursor does not know are
    taken back, and the same messages are written again.
    """

    def __init__(self, mailbox: OpenMailbox, progress: Progress, name: str, is_single: bool) -> None:
        self.mailbox = mailbox
        self._progress = progress
        self._count = 0
        self._cursor: dict[str, Any] = {}
        self.zip = None if is_single else ZipWriter(progress.cursor.get("zip"))
        self.data = bytearray() if self.zip is None else self.zip.data
        self.file = self._file("file", name, is_download=True)
        self.directory = self._file("directory", "directory", is_download=False) if self.zip else None

    def _file(self, which: str, name: str, *, is_download: bool) -> JobFile:
        known = self._progress.cursor.get(which)
        if known is None:
            made = files.create(self.mailbox, name, job_id=self._progress.job_id, is_download=is_download)
            self._progress.advance(0, **{which: made.pk.hex, f"{which}_pieces": 0})
            return made
        file = files.find(self.mailbox, UUID(known))
        files.truncate(file, self._progress.cursor[f"{which}_pieces"])
        return file

    def told(self, count: int, **cursor: Any) -> None:
        """Count what is done, and keep it once it is a piece."""
        self._count += count
        self._cursor |= cursor
        if len(self.data) >= files.PIECE_BYTES:
            self._keep()
        elif self._count >= _BATCH:
            self._progress.check()

    def finish(self) -> UUID:
        """Write the end, and give the file out."""
        self._keep()
        if self.zip is not None and self.directory is not None:
            for octets in files.pieces(self.mailbox, self.directory):
                files.append(self.mailbox, self.file, octets)
            files.append(self.mailbox, self.file, self.zip.closing())
        files.complete(self.file)
        return self.file.pk

    def _keep(self) -> None:
        if not (self.data or self._cursor or self._count):
            return
        cursor = {**self._cursor}
        if self.zip is not None and self.directory is not None:
            cursor["zip"] = self.zip.leave()
            if self.zip.directory:
                files.append(self.mailbox, self.directory, bytes(self.zip.directory))
                self.zip.directory.clear()
            cursor["directory_pieces"] = self.directory.pieces.count()
        if self.data:
            files.append(self.mailbox, self.file, bytes(self.data))
            self.data.clear()
        cursor["file_pieces"] = self.file.pieces.count()
        count, self._count, self._cursor = self._count, 0, {}
        self._progress.advance(count, **cursor)


class _Mbox:
    """Each folder is one mbox: alone, or an entry of the archive."""

    def __init__(self, output: _Output, path: str) -> None:
        self._output = output
        self._path = path

    def begin(self) -> None:
        if self._output.zip is not None:
            self._output.zip.begin(f"{self._path}.mbox", timezone.now())

    def write(self, message: Message) -> None:
        raw = queries.raw(self._output.mailbox, message)
        octets = mbox_writing.written(raw, message.internal_date, _flags(message))
        if self._output.zip is None:
            self._output.data += octets
        else:
            self._output.zip.write(octets)

    def end(self) -> None:
        if self._output.zip is not None:
            self._output.zip.end()


class _Messages:
    """Each message is an entry of the archive."""

    def __init__(self, output: _Output, path: str) -> None:
        self._output = output
        self._path = path

    def begin(self) -> None:
        pass

    def write(self, message: Message) -> None:
        assert self._output.zip is not None
        raw = queries.raw(self._output.mailbox, message)
        subject = summaries.unseal(self._output.mailbox.keys, message).subject
        name = _safe(subject)[:_LONGEST_SUBJECT].rstrip(" .") if subject.strip() else ""
        day = message.internal_date.astimezone(UTC).strftime("%Y-%m-%d")
        name = f"{day} {message.uid} {name}".rstrip()  # the number makes it one of a kind
        self._output.zip.add(f"{self._path}/{name}.eml", raw, message.internal_date.astimezone(UTC))

    def end(self) -> None:
        pass


def _flags(message: Message) -> Flags:
    return Flags(
        is_seen=message.is_seen,
        is_flagged=message.is_flagged,
        is_answered=message.is_answered,
        is_forwarded=message.is_forwarded,
        is_draft=message.is_draft,
        is_deleted=message.is_deleted,
    )


def _file_name(parameters: dict[str, Any], is_single: bool) -> str:
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    # Translators: begins the name of a file with exported mail, such as mail-2026-11-02.zip; plain letters
    word = _safe(pgettext("name of a file", "mail"))
    return f"{word}-{day}.{'mbox' if is_single else 'zip'}"


def _forget(job_id: UUID, parameters: dict[str, Any]) -> None:
    """The directory goes at the end; what was made goes too unless it is complete."""
    files.delete_of_job(job_id)
    for file in JobFile.objects.filter(job_id=job_id, is_complete=False):
        files.delete(file)


# --- What people read --------------------------------------------------------------------------------------------


def _title(about: dict[str, Any]) -> str:
    return _("Export %(folder)s") % about if about.get("folder") else _("Export the whole mailbox")


def _notice(about: dict[str, Any], result: dict[str, Any]) -> str:
    count = result["messages"]
    return ngettext(
        "The export is ready: %(number)s message. It can be downloaded for seven days.",
        "The export is ready: %(number)s messages. It can be downloaded for seven days.",
        count,
    ) % {"number": formats.number(count)}


def _link(job_id: UUID, about: dict[str, Any], result: dict[str, Any]) -> tuple[str, str] | None:
    return reverse("mail:job_file", args=[UUID(result["file"])]), pgettext("link to a file", "Download")
