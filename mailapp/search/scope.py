"""Where a query looks: the folders it names, and all others but Junk and Deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from mailapp.access import OpenMailbox
from mailapp.search import operators
from mailapp.search.plan import Truth, holds
from mailapp.search.problems import Problem
from mailapp.search.tree import And, In, Not, Or, Tree, leaves
from mailapp.store.folders import name_of
from mailapp.store.models import Folder

_HIDDEN_ROLES = (Folder.Role.JUNK, Folder.Role.DELETED)


@dataclass(frozen=True, slots=True)
class Scope:
    """``named`` is what each ``in:`` means; ``visible`` are the folders that may have matches at all.

    ``is_usual``: the query names no folder to look in, so it looks everywhere but in Junk and Deleted.
    """

    folders: dict[UUID, Folder]
    named: dict[In, frozenset[UUID]]
    visible: frozenset[UUID]
    problems: tuple[Problem, ...]
    is_usual: bool

    def narrowed(self, conditions: Iterable[Tree]) -> list[Folder]:
        """Return the visible folders that satisfy those of the conditions that speak of folders only."""
        spoken = [tree for tree in conditions if _is_about_folders(tree)]
        return [
            folder
            for key, folder in self.folders.items()
            if key in self.visible and all(holds(tree, self._truth(key)) for tree in spoken)
        ]

    def _truth(self, key: UUID) -> Truth:
        return lambda leaf, _: isinstance(leaf, In) and key in self.named[leaf]


def of(mailbox: OpenMailbox, tree: Tree | None) -> Scope:
    """Read the mailbox's folders (one statement) and find what the query means by its names."""
    folders = {folder.pk: folder for folder in Folder.objects.filter(mailbox=mailbox.mailbox)}
    asked = [(leaf, positive) for leaf, positive in leaves(tree) if isinstance(leaf, In)]
    paths = _paths(mailbox, folders) if asked else {}
    named = {leaf: _named(leaf.folder, folders, paths) for leaf, _ in asked}
    hidden = _inside(folders, {key for key, folder in folders.items() if folder.role in _HIDDEN_ROLES})
    wanted = frozenset().union(*(named[leaf] for leaf, positive in asked if positive))
    unknown = dict.fromkeys(leaf.folder for leaf, _ in asked if not named[leaf])
    return Scope(
        folders,
        named,
        frozenset(folders) - (hidden - wanted),
        tuple(Problem("unknown_folder", {"name": name}) for name in unknown),
        is_usual=not any(positive for _, positive in asked),
    )


def _is_about_folders(tree: Tree) -> bool:
    match tree:
        case Not(part):
            return _is_about_folders(part)
        case And(parts) | Or(parts):
            return all(map(_is_about_folders, parts))
    return isinstance(tree, In)


def _named(name: str, folders: dict[UUID, Folder], paths: dict[UUID, tuple[str, ...]]) -> frozenset[UUID]:
    """Return the folders that somebody calls ``name``, by name, path or role, and all inside them."""
    role = operators.folder_role(name)
    if role == operators.ANYWHERE:
        return frozenset(folders)
    wanted = tuple(operators.key(part) for part in name.split("/"))
    found = set()
    for key, folder in folders.items():
        path = paths[key]
        is_same_role = role is not None and role in (folder.role, operators.folder_role(path[-1]))
        if is_same_role or wanted in (path, path[-1:]):
            found.add(key)
    return frozenset(_inside(folders, found))


def _paths(mailbox: OpenMailbox, folders: dict[UUID, Folder]) -> dict[UUID, tuple[str, ...]]:
    names = {key: operators.key(name_of(folder, mailbox.keys)) for key, folder in folders.items()}
    return {key: tuple(names[step] for step in reversed(_ancestry(folders, key))) for key in folders}


def _inside(folders: dict[UUID, Folder], roots: set[UUID]) -> set[UUID]:
    """Return the folders that are, or are inside, one of ``roots``."""
    return {key for key in folders if not roots.isdisjoint(_ancestry(folders, key))} if roots else set()


def _ancestry(folders: dict[UUID, Folder], key: UUID) -> list[UUID]:
    """Return the folder and all above it, from the inside out."""
    steps = [key]
    while (parent := folders[steps[-1]].parent_id) is not None and parent in folders and parent not in steps:
        steps.append(parent)
    return steps
