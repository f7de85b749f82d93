"""Taking an act back: the token that an answer carries, and the steps it describes.

The token is signed and names folders and uids, nothing that anybody wrote. A uid is never used again, so what was
moved or deleted meanwhile is simply not found, and is left where it is.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox
from mailapp.categories import operations as categories
from mailapp.categories.shelf import Shown
from mailapp.composing import kept, signatures
from mailapp.composing.models import Kept, Signature, Template
from mailapp.composing.signatures import Choice
from mailapp.junk import lessons
from mailapp.search import saved
from mailapp.store import flags, folders, moving, muting, snoozing
from mailapp.store.flags import FlagChange
from mailapp.web import sentences
from mailapp.web.acting import uids_of
from workmail.accounts.actor import Actor
from workmail.errors import AlreadyExists, Invalid, NotFound, Stale

Step = Callable[[OpenMailbox, dict[str, Any]], tuple[int, int]]

_SALT = "mail.undo"
_VALID_FOR = timedelta(days=1)


def token(mailbox: OpenMailbox, steps: Sequence[dict[str, Any]]) -> str:
    """Return the signed steps; an empty string when there is nothing to take back."""
    if not steps:
        return ""
    value = {"mailbox": mailbox.mailbox.pk.hex, "by": mailbox.reader_id.hex, "steps": list(steps)}
    return signing.dumps(value, salt=_SALT, compress=True)


def mailbox_of(actor: Actor, text: str) -> OpenMailbox:
    """Return the mailbox in which the token takes something back: one's own, or what is shared of another.

    Raises:
        NotFound: It is another one than one's own, and nothing of it is shared with the actor.
    """
    own = access.open_own_mailbox(actor)
    try:
        mailbox_id = UUID(hex=signing.loads(text, salt=_SALT, max_age=_VALID_FOR)["mailbox"])
    except signing.BadSignature:
        return own  # where ``undo`` refuses it
    return own if mailbox_id == own.mailbox.pk else access.open_shared_mailbox(actor, mailbox_id)


def sealed(mailbox: OpenMailbox, text: str) -> str:
    """Return what somebody wrote as a step may hold it: the token travels through addresses, histories and logs."""
    return mailbox.keys.seal(text.encode(), b"undo").hex()


def undo(mailbox: OpenMailbox, text: str) -> str:
    """Take the act back, in one transaction, and return the sentence for the status line.

    Raises:
        Invalid: The token is not ours, too old, of another mailbox, or somebody else's.
        Forbidden: The actor may no longer do what it says.
        Stale: Nothing of it can be taken back any more.
    """
    try:
        value = signing.loads(text, salt=_SALT, max_age=_VALID_FOR)
    except signing.BadSignature as error:
        raise Invalid(_("This can no longer be undone.")) from error
    is_mine = value["mailbox"] == mailbox.mailbox.pk.hex and value.get("by", "") == mailbox.reader_id.hex
    if not is_mine:
        raise Invalid(_("This can no longer be undone."))
    done = wanted = 0
    with transaction.atomic(), lessons.taking_back():
        for step in value["steps"]:
            step_done, step_wanted = _STEPS[step["do"]](mailbox, step)
            done, wanted = max(done, step_done), max(wanted, step_wanted)
        if not done:
            raise Stale(_("This can no longer be undone: it was changed again meanwhile."))
    return sentences.restored(done, wanted)


def _move(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    uids = uids_of(step["uids"])
    target = _folder(mailbox, step["to"])
    source = access.deleted_for_taking_back(mailbox) if step.get("deleted") else _folder(mailbox, step["from"])
    if source.folder.pk.hex != step["from"]:
        raise Stale(_("This can no longer be undone: the folder is gone."))
    return len(moving.move(source, uids, target).uids), len(uids)


def _change_flags(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    uids = uids_of(step["uids"])
    change = FlagChange(set=frozenset(step["set"]), clear=frozenset(step["clear"]))
    return len(flags.change(_folder(mailbox, step["in"]), uids, change).changed), len(uids)


def _rename_folder(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    folders.rename(_folder(mailbox, step["folder"]), _unsealed(mailbox, step["name"]))
    return 1, 1


def _move_folder(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    parent = _folder(mailbox, step["parent"]) if step["parent"] else None
    folders.move(_folder(mailbox, step["folder"]), parent)
    return 1, 1


def _remove_folder(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    """A folder just made goes again, unless something was put into it."""
    folder = _folder(mailbox, step["folder"])
    if folder.messages.exists() or folder.folder.children.exists():
        raise Stale(_("The folder is no longer empty, so it stays."))
    if not folders.delete(folder):  # into Deleted first, like any other, and then for good
        folders.delete(folder)
    return 1, 1


def _remove_search(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    saved.delete(mailbox, _saved_search(mailbox, step["search"]))
    return 1, 1


def _rename_search(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    saved.rename(mailbox, _saved_search(mailbox, step["search"]), _unsealed(mailbox, step["name"]))
    return 1, 1


def _restore_search(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    name, text = _unsealed(mailbox, step["name"]), _unsealed(mailbox, step["text"])
    saved.save(mailbox, name, text, search_id=UUID(hex=step["search"]))
    return 1, 1


def kept_step(do: str, model: type[Kept], item_id: UUID) -> dict[str, Any]:
    """Return the step that removes, restores or reverts something a writer keeps."""
    return {"do": f"{do} kept", "kind": model._meta.model_name, "item": item_id.hex}


def _kept(act: Callable[[type[Kept], OpenMailbox, UUID], None]) -> Step:
    def take_back(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
        try:
            act(_KEPT[step["kind"]], mailbox, UUID(hex=step["item"]))
        except NotFound as error:
            raise Stale(_("This can no longer be undone.")) from error
        return 1, 1

    return take_back


_KEPT: dict[str, type[Kept]] = {"signature": Signature, "template": Template}


def _choose_signatures(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    chosen = {
        _unsealed(mailbox, each["address"]): Choice(
            *(UUID(hex=each[name]) if each[name] else None for name in ("new", "answers"))
        )
        for each in step["chosen"]
    }
    try:
        signatures.choose(mailbox, chosen)
    except NotFound as error:
        raise Stale(_("This can no longer be undone.")) from error
    return 1, 1


def _snooze(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    uids = uids_of(step["uids"])
    return len(snoozing.snooze(_folder(mailbox, step["in"]), uids, datetime.fromisoformat(step["until"])).uids), len(
        uids
    )


def _mute(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
    threads = [UUID(hex=thread) for thread in step["threads"]]
    return len(muting.set_muted(mailbox, threads, muted=step["muted"])), len(threads)


def category_step(mailbox: OpenMailbox, do: str, category: Shown) -> dict[str, Any]:
    """Return the step that removes a category, restores it, or gives it back its name and colour."""
    return {
        "do": f"{do} category",
        "id": category.id.hex,
        "keyword": category.keyword,
        "name": sealed(mailbox, category.name),
        "colour": category.colour,
    }


def _category(act: Callable[[OpenMailbox, Shown], object]) -> Step:
    def take_back(mailbox: OpenMailbox, step: dict[str, Any]) -> tuple[int, int]:
        name = _unsealed(mailbox, step["name"])
        try:
            act(mailbox, Shown(UUID(hex=step["id"]), step["keyword"], name, step["colour"]))
        except (NotFound, AlreadyExists) as error:
            raise Stale(_("This can no longer be undone.")) from error
        return 1, 1

    return take_back


_STEPS: dict[str, Step] = {
    "remove category": _category(lambda mailbox, category: categories.delete(mailbox, category.id)),
    "restore category": _category(categories.restore),
    "revert category": _category(
        lambda mailbox, category: categories.change(mailbox, category.id, category.name, category.colour)
    ),
    "snooze": _snooze,
    "mute": _mute,
    "remove kept": _kept(kept.delete),
    "restore kept": _kept(kept.restore),
    "revert kept": _kept(kept.revert),
    "choose signatures": _choose_signatures,
    "move": _move,
    "flags": _change_flags,
    "rename folder": _rename_folder,
    "move folder": _move_folder,
    "remove folder": _remove_folder,
    "remove search": _remove_search,
    "rename search": _rename_search,
    "restore search": _restore_search,
}


def _saved_search(mailbox: OpenMailbox, search_id: str) -> UUID:
    try:
        return saved.get(mailbox, UUID(hex=search_id)).id
    except NotFound as error:
        raise Stale(_("This can no longer be undone: the saved search is gone.")) from error


def _unsealed(mailbox: OpenMailbox, text: str) -> str:
    return mailbox.keys.unseal(bytes.fromhex(text), b"undo").decode()


def _folder(mailbox: OpenMailbox, folder_id: str) -> OpenFolder:
    try:
        return access.folder_in(mailbox, UUID(hex=folder_id))
    except NotFound as error:
        raise Stale(_("This can no longer be undone: the folder is gone.")) from error
