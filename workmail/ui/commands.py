"""What keys do. Which keys do it is the script's table, ``static/js/commands.js``, which is read here and not repeated.

The words for people stand below; a test compares their names with the table.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

_TABLE = re.compile(r"^export const commands = (\[.*?^\]);$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the table, as far as the server needs it."""

    id: str
    section: str
    key: str  # of the Gmail-like preset; empty if it has none there
    may_have_own_key: bool
    is_planned: bool

    def is_offered(self, addresses: Mapping[str, str]) -> bool:
        """Return whether something does it. ``addresses``: the pages that commands go to, empty where there is none."""
        return not self.is_planned and bool(addresses.get(self.id, self.id))


@cache
def table() -> dict[str, Command]:
    """Return the commands by name, in the order of the help sheet."""
    return {row["id"]: _command(row) for row in rows()}


def rows() -> list[dict[str, Any]]:
    """Return the lines of the script's table as they stand there."""
    source = (settings.BASE_DIR / "static" / "js" / "commands.js").read_text(encoding="utf-8")
    match = _TABLE.search(source)
    if match is None:
        raise ValueError("static/js/commands.js has no table that can be read.")
    return json.loads(match.group(1))


def _command(row: Mapping[str, Any]) -> Command:
    single = row.get("single")
    return Command(
        id=row["id"],
        section=row["section"],
        key=single[0] if single else "",
        may_have_own_key=single is not None,
        is_planned=row.get("planned", False),
    )


def section_labels() -> dict[str, str]:
    """Headings of the help sheet, in its order."""
    return {
        "anywhere": _("Anywhere"),
        "list": _("List"),
        "conversation": _("Conversation"),
        "compose": _("Writing"),
    }


def command_labels() -> dict[str, str]:
    return {
        "help": _("This help"),
        "palette": _("Commands, folders and people"),
        "search": pgettext("command", "Search"),
        "new": _("Write a message"),
        "undo": _("Undo the last action"),
        "go-inbox": _("Go to the inbox"),
        "go-calendar": _("Go to the calendar"),
        "go-people": _("Go to contacts"),
        "go-tasks": _("Go to tasks"),
        "go-admin": _("Go to the administrator’s pages"),
        "next-pane": _("Next pane"),
        "previous-pane": _("Previous pane"),
        "next": pgettext("command, in a list", "Next"),
        "previous": pgettext("command, in a list", "Previous"),
        "open": pgettext("command", "Open"),
        "back": _("Back to the list"),
        "first": pgettext("command, in a list", "First"),
        "last": pgettext("command, in a list", "Last"),
        "page-down": _("A page down"),
        "page-up": _("A page up"),
        "select": _("Select one"),
        "select-range": _("Select a range"),
        "select-all": _("Select all that are loaded"),
        "archive": pgettext("command", "Archive"),
        "delete": pgettext("command", "Delete"),
        "delete-forever": _("Delete for ever"),
        "move": pgettext("command", "Move"),
        "label": _("Give or take away a category"),
        "snooze": pgettext("command", "Snooze"),
        "mute": _("Mute, or stop muting"),
        "flag": pgettext("command", "Flag"),
        "read": _("Mark as read"),
        "unread": _("Mark as unread"),
        "junk": _("Junk, or not junk"),
        "reply": pgettext("command", "Reply"),
        "reply-all": pgettext("command", "Reply to all"),
        "forward": pgettext("command", "Forward"),
        "next-message": _("Next message of the conversation"),
        "previous-message": _("Previous message of the conversation"),
        "send": pgettext("command", "Send"),
        "save": _("Save the draft"),
        "bold": pgettext("command, formatting", "Bold"),
        "italic": pgettext("command, formatting", "Italic"),
        "underline": pgettext("command, formatting", "Underline"),
        "link": pgettext("command, formatting", "Link"),
        "numbered-list": _("Numbered list"),
        "bulleted-list": _("Bulleted list"),
    }
