"""What the scripts of the mail pages must know: addresses, choices, and their texts in the person's language."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext, pgettext

from mailapp.access import OpenMailbox
from mailapp.categories import shelf
from workmail.accounts import preferences
from workmail.ui.strings import Text, plural


def page_values(request: HttpRequest, mailbox: OpenMailbox) -> dict[str, Any]:
    """Return the JSON block ``#mail-settings``."""
    chosen = preferences.of(request.user)
    return {
        "treeModseq": mailbox.mailbox.folder_tree.highest_modseq,
        "urls": {
            "home": reverse("mail:home"),
            "act": reverse("mail:act_anywhere"),
            "undo": reverse("mail:undo"),
            "counts": reverse("mail:counts"),
            "tree": reverse("mail:tree"),
            "shared": reverse("mail:shared_tree"),
            "createFolder": reverse("mail:folder_create"),
            "createCategory": reverse("mail:category_create"),
            "categories": reverse("mail:category_choices"),
        },
        "markReadDelay": chosen.mark_read_delay,
        "afterArchive": chosen.after_archive,
        "categories": [each.values for each in shelf.of(mailbox).categories],
        "strings": texts(),
    }


def texts() -> dict[str, Text]:
    return _texts(get_language() or "en")


@lru_cache(maxsize=16)
def _texts(language: str) -> dict[str, Text]:
    return {**_acts("conversations"), **_acts("messages"), **_list(), **_folders()}


def _acts(rows: str) -> dict[str, Text]:
    """Sentences said at once, before the server has answered; {subject} where it is one row."""
    if rows == "conversations":
        return {
            "conversations.read": plural(
                lambda n: ngettext("{n} conversation marked as read.", "{n} conversations marked as read.", n)
            ),
            "conversations.unread": plural(
                lambda n: ngettext("{n} conversation marked as unread.", "{n} conversations marked as unread.", n)
            ),
            "conversations.flag": plural(
                lambda n: ngettext("{n} conversation flagged.", "{n} conversations flagged.", n)
            ),
            "conversations.unflag": plural(
                lambda n: ngettext("Flag removed from {n} conversation.", "Flag removed from {n} conversations.", n)
            ),
            "conversations.archive": plural(
                lambda n: ngettext("{n} conversation archived.", "{n} conversations archived.", n)
            ),
            "conversations.delete": plural(
                lambda n: ngettext("{n} conversation moved to Deleted.", "{n} conversations moved to Deleted.", n)
            ),
            "conversations.delete-forever": plural(
                lambda n: ngettext("{n} conversation deleted for ever.", "{n} conversations deleted for ever.", n)
            ),
            "conversations.junk": plural(
                lambda n: ngettext("{n} conversation marked as junk.", "{n} conversations marked as junk.", n)
            ),
            "conversations.phishing": plural(
                lambda n: ngettext(
                    "{n} conversation reported as phishing and moved to Junk.",
                    "{n} conversations reported as phishing and moved to Junk.",
                    n,
                )
            ),
            "conversations.not-junk": plural(
                lambda n: ngettext(
                    "{n} conversation is no junk and moved to Inbox.",
                    "{n} conversations are no junk and moved to Inbox.",
                    n,
                )
            ),
            "conversations.snooze": plural(
                lambda n: ngettext("{n} conversation snoozed.", "{n} conversations snoozed.", n)
            ),
            "conversations.unsnooze": plural(
                lambda n: ngettext("{n} conversation moved to Inbox.", "{n} conversations moved to Inbox.", n)
            ),
            "conversations.mute": plural(lambda n: ngettext("{n} conversation muted.", "{n} conversations muted.", n)),
            "conversations.unmute": plural(
                lambda n: ngettext("{n} conversation is no longer muted.", "{n} conversations are no longer muted.", n)
            ),
            "conversations.categorize": plural(
                lambda n: ngettext(
                    "{n} conversation put into the category {category}.",
                    "{n} conversations put into the category {category}.",
                    n,
                )
            ),
            "conversations.uncategorize": plural(
                lambda n: ngettext(
                    "{n} conversation taken out of the category {category}.",
                    "{n} conversations taken out of the category {category}.",
                    n,
                )
            ),
            "conversations.move": plural(
                lambda n: ngettext("{n} conversation moved to {folder}.", "{n} conversations moved to {folder}.", n)
            ),
            "conversations.all": plural(
                lambda n: ngettext(
                    "The {n} loaded conversation is selected.", "The {n} loaded conversations are selected.", n
                )
            ),
            "conversations.everything": plural(
                lambda n: ngettext(
                    "Select the {n} conversation of this list", "Select all {n} conversations of this list", n
                )
            ),
        }
    return {
        "messages.read": plural(lambda n: ngettext("{n} message marked as read.", "{n} messages marked as read.", n)),
        "messages.unread": plural(
            lambda n: ngettext("{n} message marked as unread.", "{n} messages marked as unread.", n)
        ),
        "messages.flag": plural(lambda n: ngettext("{n} message flagged.", "{n} messages flagged.", n)),
        "messages.unflag": plural(
            lambda n: ngettext("Flag removed from {n} message.", "Flag removed from {n} messages.", n)
        ),
        "messages.archive": plural(lambda n: ngettext("{n} message archived.", "{n} messages archived.", n)),
        "messages.delete": plural(
            lambda n: ngettext("{n} message moved to Deleted.", "{n} messages moved to Deleted.", n)
        ),
        "messages.delete-forever": plural(
            lambda n: ngettext("{n} message deleted for ever.", "{n} messages deleted for ever.", n)
        ),
        "messages.junk": plural(lambda n: ngettext("{n} message marked as junk.", "{n} messages marked as junk.", n)),
        "messages.phishing": plural(
            lambda n: ngettext(
                "{n} message reported as phishing and moved to Junk.",
                "{n} messages reported as phishing and moved to Junk.",
                n,
            )
        ),
        "messages.not-junk": plural(
            lambda n: ngettext(
                "{n} message is no junk and moved to Inbox.", "{n} messages are no junk and moved to Inbox.", n
            )
        ),
        "messages.snooze": plural(lambda n: ngettext("{n} message snoozed.", "{n} messages snoozed.", n)),
        "messages.unsnooze": plural(
            lambda n: ngettext("{n} message moved to Inbox.", "{n} messages moved to Inbox.", n)
        ),
        "messages.mute": plural(
            lambda n: ngettext("Conversation of {n} message muted.", "Conversations of {n} messages muted.", n)
        ),
        "messages.unmute": plural(
            lambda n: ngettext(
                "Conversation of {n} message is no longer muted.",
                "Conversations of {n} messages are no longer muted.",
                n,
            )
        ),
        "messages.categorize": plural(
            lambda n: ngettext(
                "{n} message put into the category {category}.", "{n} messages put into the category {category}.", n
            )
        ),
        "messages.uncategorize": plural(
            lambda n: ngettext(
                "{n} message taken out of the category {category}.",
                "{n} messages taken out of the category {category}.",
                n,
            )
        ),
        "messages.move": plural(
            lambda n: ngettext("{n} message moved to {folder}.", "{n} messages moved to {folder}.", n)
        ),
        "messages.all": plural(
            lambda n: ngettext("The {n} loaded message is selected.", "The {n} loaded messages are selected.", n)
        ),
        "messages.everything": plural(
            lambda n: ngettext("Select the {n} message of this list", "Select all {n} messages of this list", n)
        ),
    }


def _list() -> dict[str, Text]:
    return {
        # Translators: one row was archived; {subject} is its subject line
        "one.archive": gettext("Archived: {subject}"),
        # Translators: one row was moved to Deleted; {subject} is its subject line
        "one.delete": gettext("Moved to Deleted: {subject}"),
        # Translators: one row was put into a category; {subject} is its subject line
        "one.categorize": gettext("Put into {category}: {subject}"),
        # Translators: one row was taken out of a category; {subject} is its subject line
        "one.uncategorize": gettext("Taken out of {category}: {subject}"),
        # Translators: before the name of a category, where a script adds it to a row
        "category.before": pgettext("before a name", "Category:"),
        "category.none": gettext("No category of that name."),
        "category.has": pgettext("beside a category", "chosen already"),
        # Translators: in the search field of the dialog of categories; {name} is what was typed
        "category.create": gettext("Make the category “{name}” and use it"),
        # Translators: one row was moved; {subject} is its subject line
        "one.move": gettext("Moved to {folder}: {subject}"),
        "restored": gettext("Undone."),
        "new": plural(lambda n: ngettext("{n} new message, show", "{n} new messages, show", n)),
        "everything": gettext("Everything in this list is selected."),
        "everything.doing": gettext("Working through the list…"),
        "everything.progress": plural(lambda n: ngettext("{n} done so far", "{n} done so far", n)),
        "nothing-selected": gettext("Select something first."),
        "refused-here": gettext("You cannot do this in a folder that is shared with you."),
        "read.error": gettext("The message could not be loaded."),
        "list.error": gettext("The list could not be loaded."),
        "try-again": pgettext("button", "Try again"),
        "end": gettext("That was the last one in this list."),
        "drag": plural(lambda n: ngettext("{n} row", "{n} rows", n)),
        "gone": gettext("This conversation has left the list."),
    }


def _folders() -> dict[str, Text]:
    return {
        "move.none": gettext("No folder of that name."),
        "move.count": plural(lambda n: ngettext("{n} folder.", "{n} folders.", n)),
        # Translators: in the search field of the move dialog; {name} is what was typed
        "move.create": gettext("Make the folder “{name}” and move there"),
        "delete-forever.question": plural(
            lambda n: ngettext(
                "This deletes {n} row for ever. It cannot be undone.",
                "This deletes {n} rows for ever. It cannot be undone.",
                n,
            )
        ),
        "emptying": gettext("Emptying the folder"),
        "here": pgettext("while dragging over a folder", "Move here"),
    }
