"""The texts of the scripts, in the person's language.

Scripts hold no words: the page carries these as one JSON block (``#ui-strings``). A text with a number is an object of
the language's plural categories; ``Intl.PluralRules`` picks one.
"""

from collections.abc import Callable
from functools import lru_cache

from django.utils.translation import get_language, gettext, ngettext, pgettext

from workmail.ui.formats import current_locale

Text = str | dict[str, str]

# A number of each category that some language of ours uses; the first that fits stands for its category.
_SAMPLES = (1, 2, 5, 0, 1_000_000, 11, 21, 1.5)


def plural(forms: Callable[[float], str]) -> dict[str, str]:
    """Return the text for each plural category of the active language. ``forms`` is given a number of the category."""
    rule = current_locale().plural_form
    texts: dict[str, str] = {}
    for sample in _SAMPLES:
        texts.setdefault(rule(sample), forms(sample if isinstance(sample, int) else 2))
    texts.setdefault("other", forms(5))
    return texts


def script_strings() -> dict[str, Text]:
    """Return all texts of the scripts in the active language."""
    return _script_strings(get_language() or "en")


@lru_cache(maxsize=16)
def _script_strings(language: str) -> dict[str, Text]:
    return {**_status(), **_offline(), **_notices(), **_sessions(), **_recipients(), **_uploads(), **_keys()}


def _status() -> dict[str, Text]:
    return {
        # Translators: status line at the bottom; the page gets new mail by itself
        "live.online": pgettext("state of the connection", "Live"),
        # Translators: status line; {time} is a time of day such as 09:55
        "live.updated": gettext("updated {time}"),
        "live.connecting": pgettext("state of the connection", "Connecting…"),
        "live.reconnecting": pgettext("state of the connection", "Reconnecting…"),
        "live.polling": gettext("Live updates are not available. The page looks for news every minute."),
        # Translators: status line; {time} is a time of day such as 09:41
        "live.offline": gettext("Offline since {time}."),
        # Translators: status line; {time} is when the list was as the server has it, such as 14:02
        "live.offline_state": gettext("Offline: shown is the state of {time}."),
        "live.waiting": plural(lambda n: ngettext("{n} action waits.", "{n} actions wait.", n)),
        "live.back": gettext("Connected again."),
        "status.undone": gettext("Undone."),
        "status.undo_failed": gettext("It could not be undone. Look at the list: it shows how things are now."),
        # Translators: an action that was shown at once was refused by the server; {reason} is a whole sentence
        "status.refused": gettext("This was put back: {reason}"),
        "status.failed": gettext("This did not work: the server does not answer. Try again."),
        "status.queued": gettext("No connection. This will be done as soon as you are online again."),
        "status.nothing_to_undo": gettext("There is nothing to undo."),
        "arrivals": plural(lambda n: ngettext("{n} new message.", "{n} new messages.", n)),
        # Translators: read by screen readers; {name} is who sent the latest
        "arrivals.from": plural(
            lambda n: ngettext("{n} new message, from {name}.", "{n} new messages, latest from {name}.", n)
        ),
        # Translators: after the name of the application in the top bar, for screen readers
        "badge.unread": plural(lambda n: ngettext("{n} unread", "{n} unread", n)),
        "cancel": pgettext("button", "Cancel"),
        "busy": gettext("Working on it…"),
    }


def _offline() -> dict[str, Text]:
    return {
        "waiting.sent": plural(
            lambda n: ngettext(
                "{n} change that was made without a connection has been sent.",
                "{n} changes that were made without a connection have been sent.",
                n,
            )
        ),
        "waiting.send_waits": gettext("The message will be sent as soon as you are online again."),
        # Translators: {reason} is a whole sentence
        "waiting.not_sent": gettext("A message could not be sent and is in Drafts: {reason}"),
        "offline.on": gettext("Saved: mail is kept on this device."),
        "offline.off": gettext("Saved: nothing is kept on this device any more."),
        "offline.failed": gettext("This browser keeps nothing: it is full, or in a private window."),
        "offline.kept": plural(
            lambda n: ngettext(
                "{n} conversation can be read without a connection.",
                "{n} conversations can be read without a connection.",
                n,
            )
        ),
    }


def _notices() -> dict[str, Text]:
    return {
        "notices.denied": gettext(
            "The browser does not let workmail show notices. Allow them in the browser’s settings of this site."
        ),
        "notices.no_sound": gettext("The browser plays no sound for workmail. Click into the page and try again."),
        "notices.push_on": gettext("This browser is told of new mail."),
        "notices.push_off": gettext("This browser is not told of new mail."),
        "notices.push_failed": gettext("This browser could not be registered. Try again later."),
        "notices.push_impossible": gettext("This browser cannot be told: it needs a secure connection (HTTPS)."),
    }


def _sessions() -> dict[str, Text]:
    return {
        "session.lost": gettext("You have been signed out. Sign in again; this page and your draft stay as they are."),
        "session.other": gettext("Someone else has signed in in this browser. Reload the page to see their mail."),
    }


def _recipients() -> dict[str, Text]:
    return {
        "recipients.count": plural(lambda n: ngettext("{n} suggestion.", "{n} suggestions.", n)),
        "recipients.none": gettext("No suggestions."),
        "recipients.more": plural(lambda n: ngettext("{n} person added.", "{n} people added.", n)),
        # Translators: {name} is a person or an address
        "recipients.added": gettext("{name} added."),
        # Translators: {name} is a person or an address
        "recipients.removed": gettext("{name} removed."),
        # Translators: name of a small button beside a recipient; {name} is a person or an address
        "recipients.remove": gettext("Remove {name}"),
        # Translators: {text} is what the person typed
        "recipients.invalid": gettext("“{text}” is not an address. Correct it or remove it."),
        # Translators: read after a recipient's name by screen readers; {organization} is the person's own
        "recipients.outside": gettext("outside {organization}"),
        # Translators: small label of a suggestion
        "recipients.outside_label": pgettext("recipient", "Outside"),
        # Translators: small label of a suggestion
        "recipients.group_label": pgettext("recipient", "Group"),
        "recipients.people": plural(lambda n: ngettext("group, {n} person", "group, {n} people", n)),
        "recipients.not_an_address": pgettext("recipient", "not an address"),
    }


def _uploads() -> dict[str, Text]:
    return {
        # Translators: {name} is a file's name
        "upload.uploading": gettext("Uploading {name}"),
        # Translators: under an upload; {percent} is such as "62 %", {size} such as "8.4 MB"
        "upload.progress": gettext("{percent} of {size}"),
        # Translators: {name} is a file's name
        "upload.cancel": gettext("Cancel the upload of {name}"),
        # Translators: {name} is a file's name
        "upload.remove": gettext("Remove {name}"),
        # Translators: {name} is a file's name
        "upload.done": gettext("{name} is attached."),
        # Translators: {name} is a file's name
        "upload.removed": gettext("{name} is no longer attached."),
        # Translators: {name} is a file's name
        "upload.cancelled": gettext("The upload of {name} was cancelled."),
        # Translators: {name} is a file's name
        "upload.failed": gettext("{name} could not be uploaded. Try again."),
        # Translators: {name} is a file's name, {size} and {limit} are sizes such as "52 MB"
        "upload.too_large": gettext("{name} was not attached: {size} is more than the {limit} a file can have."),
        # Translators: {name} is a file's name, {size} and {limit} are sizes such as "52 MB"
        "upload.too_large_in_all": gettext(
            "{name} was not attached: with it the files have {size}, and a message can carry {limit}."
        ),
        # Translators: {name} is a folder's name
        "upload.folder": gettext("{name} is a folder. Attach the files in it, or an archive of it."),
        "upload.drop": gettext("Drop files here to attach them."),
        # Translators: state of an upload that has finished; {size} is a size such as "1.2 MB"
        "upload.attached": gettext("{size}, attached"),
        "upload.retry": pgettext("button", "Try again"),
    }


def _keys() -> dict[str, Text]:
    """Titles of the help sheet and the names of keys; the names of commands belong to the key table itself."""
    from workmail.ui.commands import command_labels, section_labels

    return {
        **{f"keys.section.{name}": label for name, label in section_labels().items()},
        **{f"keys.command.{name}": label for name, label in command_labels().items()},
        "palette.count": plural(lambda n: ngettext("{n} choice.", "{n} choices.", n)),
        # Translators: in the list of commands, folders and people; {name} is a person or an address
        "palette.write_to": gettext("Write to {name}"),
        # Translators: in the list of commands, folders and people; {text} is what was typed
        "palette.search_for": gettext("Search mail for “{text}”"),
        "palette.command": pgettext("kind of a choice", "Command"),
        "palette.folder": pgettext("kind of a choice", "Folder"),
        "palette.search": pgettext("kind of a choice", "Search"),
        "palette.page": pgettext("kind of a choice", "Page"),
        "palette.person": pgettext("kind of a choice", "Person"),
        # Translators: between two keys that do the same
        "keys.or": pgettext("between two keys", "or"),
        # Translators: between two keys that are pressed one after the other
        "keys.then": pgettext("between two keys", "then"),
        "keys.name.Control": pgettext("key", "Ctrl"),
        "keys.name.Alt": pgettext("key", "Alt"),
        "keys.name.Shift": pgettext("key", "Shift"),
        "keys.name.Meta": pgettext("key", "Cmd"),
        "keys.name.Enter": pgettext("key", "Enter"),
        "keys.name.Escape": pgettext("key", "Esc"),
        "keys.name.Space": pgettext("key", "Space"),
        "keys.name.Delete": pgettext("key", "Del"),
        "keys.name.Backspace": pgettext("key", "Backspace"),
        "keys.name.Insert": pgettext("key", "Insert"),
        "keys.name.Home": pgettext("key", "Home"),
        "keys.name.End": pgettext("key", "End"),
        "keys.name.PageUp": pgettext("key", "Page Up"),
        "keys.name.PageDown": pgettext("key", "Page Down"),
        "keys.name.Tab": pgettext("key", "Tab"),
    }
