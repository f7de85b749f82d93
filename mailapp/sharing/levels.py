"""The levels at which a folder is shared, and the rights each stands for. Pure."""

from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy


class Right(StrEnum):
    """The letters of RFC 4314; sharing levels and DAV privileges map onto them."""

    LOOKUP = "l"
    READ = "r"
    SEEN = "s"
    WRITE = "w"
    INSERT = "i"
    CREATE = "k"
    DELETE_FOLDER = "x"
    DELETE_MESSAGE = "t"
    EXPUNGE = "e"
    ADMINISTER = "a"


ALL_RIGHTS: Final = frozenset(Right)


class Level(models.TextChoices):
    """Each holds all that the one before holds."""

    VIEWER = "viewer", pgettext_lazy("level of a shared folder", "Viewer")
    CONTRIBUTOR = "contributor", pgettext_lazy("level of a shared folder", "Contributor")
    EDITOR = "editor", pgettext_lazy("level of a shared folder", "Editor")
    OWNER = "owner", pgettext_lazy("level of a shared folder", "Co-owner")


# Making, renaming and deleting folders stays with whoever has the whole mailbox: the tree is theirs.
RIGHTS: Final[dict[str, frozenset[Right]]] = {
    Level.VIEWER: frozenset(map(Right, "lr")),
    Level.CONTRIBUTOR: frozenset(map(Right, "lrswi")),
    Level.EDITOR: frozenset(map(Right, "lrswite")),
    Level.OWNER: frozenset(map(Right, "lrswitea")),
}


def meaning(level: str) -> str:
    """Say what somebody of this level may do, as one sentence."""
    return {
        Level.VIEWER: _("Reads the messages. Nothing changes for you, not even what is unread."),
        Level.CONTRIBUTOR: _(
            "Also marks messages as read or flagged, and puts messages in from your other shared folders."
        ),
        Level.EDITOR: _("Also moves and deletes messages."),
        Level.OWNER: _("Also shares the folder with others."),
    }[Level(level)]


def summary(level: str) -> str:
    """Say to the person of this level what they may do here."""
    return {
        Level.VIEWER: _("You may read here."),
        Level.CONTRIBUTOR: _("You may read and mark messages here."),
        Level.EDITOR: _("You may read, mark, move and delete messages here."),
        Level.OWNER: _("You may do everything here, and share it."),
    }[Level(level)]


def level_of(rights: frozenset[Right]) -> Level | None:
    """Return the highest level that these rights hold; None for none."""
    return next((level for level in reversed(Level) if rights >= RIGHTS[level]), None)
