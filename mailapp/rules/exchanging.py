"""Taking rules out as a Sieve script, and bringing them in: folders by the names that mail servers give them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox
from mailapp.rules import checking, operations, sentences, sieve_reading, sieve_writing
from mailapp.rules.checking import NO_TARGETS
from mailapp.rules.definition import Definition
from mailapp.rules.operations import OpenedRule
from mailapp.store import folders
from mailapp.store.folders import FolderNode
from mailapp.store.models import Folder
from workmail.errors import Invalid

_STANDARD = {
    Folder.Role.INBOX: "INBOX",
    Folder.Role.ARCHIVE: "Archive",
    Folder.Role.JUNK: "Junk",
    Folder.Role.DELETED: "Trash",
}
_ALSO = {"deleted": "deleted", "deleted items": "deleted", "trash": "deleted", "spam": "junk", "junk e-mail": "junk"}


@dataclass(frozen=True, slots=True)
class Imported:
    rules: list[OpenedRule]
    left_out: list[str]


def export(mailbox: OpenMailbox) -> str:
    """Return all rules as a script."""
    tree = folders.tree(mailbox)
    paths = {folder_id: path for path, folder_id in _paths(tree).items()}
    names = {node.id.hex: node.name for node in folders.flat(tree)}
    rules = [(rule.definition, rule.is_on) for rule in operations.listed(mailbox)]
    return sieve_writing.write(rules, paths, lambda definition: sentences.of_definition(definition, names))


def bring_in(mailbox: OpenMailbox, text: str) -> Imported:
    """Add the rules of a script after one's own, switched off, so that they can be looked at first.

    Raises:
        Forbidden, LimitExceeded
        Invalid: It is no script that can be read.
    """
    paths = {path.casefold(): folder_id for path, folder_id in _paths(folders.tree(mailbox)).items()}

    def folder_of(name: str) -> str:
        path = name.casefold().replace("\\", "/")
        found = paths.get(path) or paths.get(path.replace(".", "/"))
        if not found and path.startswith(("inbox/", "inbox.")):
            found = paths.get(path[6:].replace(".", "/"))
        return found or paths.get(_ALSO.get(path, ""), "")

    try:
        script = sieve_reading.read(text, folder_of)
    except sieve_reading.Unreadable as error:
        raise Invalid(_("This is no Sieve script that can be read: {reason}").format(reason=error)) from error
    usable: list[Definition] = []
    left_out = list(script.left_out)
    for definition in script.rules:
        try:
            usable.append(checking.checked(mailbox, definition))
        except Invalid as error:
            left_out.append(str(error))
    return Imported(operations.create_all(mailbox, usable, is_on=False) if usable else [], left_out)


def _paths(tree: list[FolderNode], above: str = "") -> dict[str, str]:
    """Return folder ids by path. The standard folders have the names that servers agree on, and their own."""
    found: dict[str, str] = {}
    for node in tree:
        role = node.folder.role
        path = f"{above}{node.name}"
        if role not in NO_TARGETS:
            if role:
                found |= {role: node.id.hex, path: node.id.hex}
                path = _STANDARD[Folder.Role(role)]
            found[path] = node.id.hex
        found |= _paths(list(node.children), f"{path}/")
    return found
