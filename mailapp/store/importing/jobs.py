"""Importing as long work of a person: from a file they uploaded, or from their account at another server."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox, Right
from mailapp.jobs import files, kinds, operations
from mailapp.jobs.kinds import Kind
from mailapp.jobs.models import JobFile
from mailapp.jobs.progress import Progress
from mailapp.store import folders
from mailapp.store.importing import imap_account, operation
from mailapp.store.importing.imap_account import Account, ImapAccount
from mailapp.store.importing.operation import Outcome
from mailapp.store.importing.sources import FoundMessage
from mailapp.store.importing.uploaded import UploadedFile
from workmail.audit import log as audit
from workmail.errors import Invalid
from workmail.ui import formats

FILE, ACCOUNT = "import_file", "import_account"
_LISTED = 20
_LOOKED_AT = 1_000  # messages counted between two looks at whether to go on


def start_file(mailbox: OpenMailbox, file: JobFile, folder: OpenFolder | None) -> UUID:
    """Import an uploaded file into a folder, or, without one, to where its own folders say.

    Raises:
        Forbidden, LimitExceeded
        Invalid: The file is not complete, or is being imported already.
    """
    mailbox.require(Right.INSERT, Right.CREATE)
    if not file.is_complete or file.job_id is not None:
        raise Invalid(_("This file has not arrived completely. Choose it again."))

    def claim(job_id: UUID) -> None:
        if not JobFile.objects.filter(pk=file.pk, job_id=None).update(job_id=job_id):
            raise Invalid(_("This file is being imported already."))

    return operations.start(
        mailbox,
        FILE,
        parameters={"file": file.pk.hex, "folder": folder.folder.pk.hex if folder else ""},
        about={"name": files.name_of(mailbox, file), **_about(mailbox, folder)},
        within=claim,
    )


def start_account(mailbox: OpenMailbox, account: Account, folder: OpenFolder | None) -> UUID:
    """Sign in at the other server to see that it works, and import everything there.

    Raises:
        Forbidden, LimitExceeded
        Invalid: It does not work; ``details["field"]`` names what to correct.
    """
    mailbox.require(Right.INSERT, Right.CREATE)
    account = imap_account.checked(account)
    ImapAccount(account).close()
    audit.record(
        mailbox.actor,
        "mailbox.import",
        mailbox.mailbox.pk,
        organization_id=mailbox.mailbox.organization_id,
        host=account.host,
    )
    return operations.start(
        mailbox,
        ACCOUNT,
        parameters={
            "host": account.host,
            "port": account.port,
            "security": account.security,
            "user": account.user,
            "password": account.password,
            "folder": folder.folder.pk.hex if folder else "",
        },
        about={"user": account.user, "host": account.host, **_about(mailbox, folder)},
    )


def register() -> None:
    kinds.register(Kind(FILE, _import_file, _file_title, _notice, forget=_forget))
    kinds.register(Kind(ACCOUNT, _import_account, _account_title, _notice))


# --- The work ----------------------------------------------------------------------------------------------------


def _import_file(mailbox: OpenMailbox, parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    file = files.find(mailbox, UUID(parameters["file"]))
    source = UploadedFile(files.open_file(mailbox, file), files.name_of(mailbox, file), file.size_bytes)
    if progress.total is None:
        progress.say(_("Looking through the file"))
        count = 0
        for _found in source.messages(longest=0):
            count += 1
            if not count % _LOOKED_AT:
                progress.check()
        progress.set_total(count)
    messages = source.messages(longest=operation.LONGEST_READ, after=progress.cursor.get("at"))
    return _take_in(mailbox, parameters, progress, messages)


def _import_account(mailbox: OpenMailbox, parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    account = Account(**{name: parameters[name] for name in ("host", "user", "password", "port", "security")})
    try:
        opened = ImapAccount(account)
    except imap_account.Unreachable as error:
        raise OSError("The server to import from does not answer") from error  # it did: try again later
    with opened as remote:
        found = remote.folders()
        if progress.total is None:
            progress.say(_("Looking at the folders of the other server"))
            progress.set_total(sum(remote.count(folder) for folder in found))
        begun = dict(progress.cursor.get("at", {}))  # of each folder begun: the validity and the last UID

        def messages() -> Iterator[FoundMessage]:
            for folder in found:
                name = folder.raw_name.decode("latin-1")
                progress.check()
                for message in remote.messages(folder, longest=operation.LONGEST_READ, after=begun.get(name)):
                    begun[name] = message.after
                    yield replace(message, after={**begun})

        return _take_in(mailbox, parameters, progress, messages())


def _take_in(
    mailbox: OpenMailbox, parameters: dict[str, Any], progress: Progress, messages: Iterator[FoundMessage]
) -> dict[str, Any]:
    kept = progress.cursor.get("outcome", {})
    outcome = Outcome(kept.get("imported", 0), kept.get("known", 0), kept.get("skipped", []))
    dropped = kept.get("more_skipped", 0)
    folder = parameters["folder"]
    top = access.folder_in(mailbox, UUID(folder)) if folder else None

    def told(outcome: Outcome, batch: Sequence[FoundMessage]) -> None:
        nonlocal dropped
        dropped += len(outcome.skipped[_LISTED:])
        del outcome.skipped[_LISTED:]
        progress.advance(len(batch), at=batch[-1].after, outcome=_as_json(outcome, dropped))

    operation.take_in(mailbox, messages, top=top, is_once=True, outcome=outcome, told=told)
    return {**_as_json(outcome, dropped), "folder": folder}


def _as_json(outcome: Outcome, dropped: int) -> dict[str, Any]:
    return {
        "imported": outcome.imported,
        "known": outcome.known,
        "skipped": list(outcome.skipped),
        "more_skipped": dropped,
    }


def _forget(job_id: UUID, parameters: dict[str, Any]) -> None:
    files.delete_of_job(job_id)


# --- What people read --------------------------------------------------------------------------------------------


def _about(mailbox: OpenMailbox, folder: OpenFolder | None) -> dict[str, str]:
    return {"folder": folders.name_of(folder.folder, mailbox.keys) if folder else ""}


def _file_title(about: dict[str, Any]) -> str:
    if about.get("folder"):
        return _("Import %(name)s into %(folder)s") % about
    return _("Import %(name)s") % about


def _account_title(about: dict[str, Any]) -> str:
    return _("Import the mail of %(user)s at %(host)s") % about


def _notice(about: dict[str, Any], result: dict[str, Any]) -> str:
    imported, known = result["imported"], result["known"]
    skipped = len(result["skipped"]) + result["more_skipped"]
    sentences = [
        ngettext("%(number)s message imported.", "%(number)s messages imported.", imported)
        % {"number": formats.number(imported)}
    ]
    if known:
        sentences.append(
            ngettext("%(number)s was there already.", "%(number)s were there already.", known)
            % {"number": formats.number(known)}
        )
    if skipped:
        sentences.append(
            ngettext(
                "%(number)s was skipped: empty or too large.", "%(number)s were skipped: empty or too large.", skipped
            )
            % {"number": formats.number(skipped)}
        )
    return " ".join(sentences)
