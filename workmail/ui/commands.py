"""The words for what keys do. Which keys do it is the script's table, ``static/js/keys.js``; a test compares them."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


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
        "select": _("Select one"),
        "select-range": _("Select a range"),
        "select-all": _("Select all that are loaded"),
        "archive": pgettext("command", "Archive"),
        "delete": pgettext("command", "Delete"),
        "delete-forever": _("Delete for ever"),
        "move": pgettext("command", "Move"),
        "label": pgettext("command", "Label"),
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
