"""What the status line says after an act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp.store import folders
from workmail.ui import formats

if TYPE_CHECKING:
    from datetime import datetime

    from mailapp.access import OpenFolder
    from mailapp.web.acting import Action


def done(
    action: Action,
    count: int,
    are_conversations: bool,
    destination: OpenFolder | None,
    until: datetime | None = None,
    category: str = "",
) -> str:
    """Say it as a whole sentence: "2 conversations archived."."""
    if count == 0:
        return _("Nothing to do: all of it is so already.")
    name = folders.name_of(destination.folder, destination.keys) if destination else ""
    sentence = (_of_conversations if are_conversations else _of_messages)(action, count)
    when = formats.date_and_time(until) if until else ""
    return sentence % {"count": count, "folder": name, "when": when, "category": category}


def _of_conversations(action: Action, count: int) -> str:
    match action:
        case "read":
            return ngettext("%(count)d conversation marked as read.", "%(count)d conversations marked as read.", count)
        case "unread":
            return ngettext(
                "%(count)d conversation marked as unread.", "%(count)d conversations marked as unread.", count
            )
        case "flag":
            return ngettext("%(count)d conversation flagged.", "%(count)d conversations flagged.", count)
        case "unflag":
            return ngettext(
                "Flag removed from %(count)d conversation.", "Flag removed from %(count)d conversations.", count
            )
        case "archive":
            return ngettext("%(count)d conversation archived.", "%(count)d conversations archived.", count)
        case "delete":
            return ngettext(
                "%(count)d conversation moved to Deleted.", "%(count)d conversations moved to Deleted.", count
            )
        case "delete-forever":
            return ngettext(
                "%(count)d conversation deleted for ever.", "%(count)d conversations deleted for ever.", count
            )
        case "snooze":
            return ngettext(
                "%(count)d conversation comes back on %(when)s.",
                "%(count)d conversations come back on %(when)s.",
                count,
            )
        case "mute":
            return ngettext("%(count)d conversation muted.", "%(count)d conversations muted.", count)
        case "unmute":
            return ngettext(
                "%(count)d conversation is no longer muted.", "%(count)d conversations are no longer muted.", count
            )
        case "junk":
            return ngettext("%(count)d conversation marked as junk.", "%(count)d conversations marked as junk.", count)
        case "phishing":
            return ngettext(
                "%(count)d conversation reported as phishing and moved to Junk.",
                "%(count)d conversations reported as phishing and moved to Junk.",
                count,
            )
        case "not-junk":
            return ngettext(
                "%(count)d conversation is no junk and moved to Inbox.",
                "%(count)d conversations are no junk and moved to Inbox.",
                count,
            )
        case "categorize":
            return ngettext(
                "%(count)d conversation put into the category %(category)s.",
                "%(count)d conversations put into the category %(category)s.",
                count,
            )
        case "uncategorize":
            return ngettext(
                "%(count)d conversation taken out of the category %(category)s.",
                "%(count)d conversations taken out of the category %(category)s.",
                count,
            )
    return ngettext(
        "%(count)d conversation moved to %(folder)s.", "%(count)d conversations moved to %(folder)s.", count
    )


def _of_messages(action: Action, count: int) -> str:
    match action:
        case "read":
            return ngettext("%(count)d message marked as read.", "%(count)d messages marked as read.", count)
        case "unread":
            return ngettext("%(count)d message marked as unread.", "%(count)d messages marked as unread.", count)
        case "flag":
            return ngettext("%(count)d message flagged.", "%(count)d messages flagged.", count)
        case "unflag":
            return ngettext("Flag removed from %(count)d message.", "Flag removed from %(count)d messages.", count)
        case "archive":
            return ngettext("%(count)d message archived.", "%(count)d messages archived.", count)
        case "delete":
            return ngettext("%(count)d message moved to Deleted.", "%(count)d messages moved to Deleted.", count)
        case "delete-forever":
            return ngettext("%(count)d message deleted for ever.", "%(count)d messages deleted for ever.", count)
        case "snooze":
            return ngettext(
                "%(count)d message comes back on %(when)s.", "%(count)d messages come back on %(when)s.", count
            )
        case "mute":
            return ngettext(
                "Conversation of %(count)d message muted.", "Conversations of %(count)d messages muted.", count
            )
        case "unmute":
            return ngettext(
                "Conversation of %(count)d message is no longer muted.",
                "Conversations of %(count)d messages are no longer muted.",
                count,
            )
        case "junk":
            return ngettext("%(count)d message marked as junk.", "%(count)d messages marked as junk.", count)
        case "phishing":
            return ngettext(
                "%(count)d message reported as phishing and moved to Junk.",
                "%(count)d messages reported as phishing and moved to Junk.",
                count,
            )
        case "not-junk":
            return ngettext(
                "%(count)d message is no junk and moved to Inbox.",
                "%(count)d messages are no junk and moved to Inbox.",
                count,
            )
        case "categorize":
            return ngettext(
                "%(count)d message put into the category %(category)s.",
                "%(count)d messages put into the category %(category)s.",
                count,
            )
        case "uncategorize":
            return ngettext(
                "%(count)d message taken out of the category %(category)s.",
                "%(count)d messages taken out of the category %(category)s.",
                count,
            )
    return ngettext("%(count)d message moved to %(folder)s.", "%(count)d messages moved to %(folder)s.", count)


def restored(done: int, wanted: int) -> str:
    """Say what an undo brought back."""
    if done == wanted:
        return _("Undone.")
    return ngettext(
        "Undone for %(done)d of %(wanted)d messages. The others were changed meanwhile.",
        "Undone for %(done)d of %(wanted)d messages. The others were changed meanwhile.",
        done,
    ) % {"done": done, "wanted": wanted}
