"""The forms of the settings page: one for each section, made from the fields of ``Preferences``."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from workmail.accounts import preferences
from workmail.accounts.preferences import Preferences
from workmail.accounts.web.forms import OWN_LANGUAGE_NAMES, RefusableForm


@dataclass(frozen=True, slots=True)
class Section:
    name: str  # the anchor on the page, and the last part of the address the form is sent to
    title: Any
    fields: tuple[str, ...]


SECTIONS = (
    Section("appearance", pgettext_lazy("settings section", "Appearance"), ("theme", "contrast", "density")),
    Section(
        "reading",
        pgettext_lazy("settings section", "Reading"),
        (
            "reading_pane",
            "reading_size",
            "conversations",
            "mark_read_delay",
            "after_archive",
            "external_images",
        ),
    ),
    Section("writing", pgettext_lazy("settings section", "Writing"), ("undo_send_seconds", "compose_format")),
    Section("keyboard", pgettext_lazy("settings section", "Keyboard"), ("shortcuts",)),
    Section(
        "notifications", pgettext_lazy("settings section", "Notifications"), ("notify", "notify_sound", "announce")
    ),
    Section(
        "language",
        pgettext_lazy("settings section", "Language and time"),
        ("language", "time_zone", "hour_cycle", "week_start"),
    ),
)
SECTION_BY_NAME = {section.name: section for section in SECTIONS}
SECTION_OF_FIELD = {name: section.name for section in SECTIONS for name in section.fields}
SECTION_OF_FIELD["own_keys"] = "keyboard"  # has a form of its own there: own_key_forms.py

LABELS = {
    "theme": pgettext_lazy("setting", "Colours"),
    "contrast": pgettext_lazy("setting", "Contrast"),
    "density": pgettext_lazy("setting", "Density of lists"),
    "reading_pane": pgettext_lazy("setting", "Reading pane"),
    "reading_size": pgettext_lazy("setting", "Size of mail text"),
    "conversations": _("Show messages that belong together as one conversation"),
    "mark_read_delay": _("Mark an open message as read"),
    "after_archive": _("After archiving, moving or deleting the open conversation, show"),
    "external_images": _("Images that a message loads from elsewhere"),
    "undo_send_seconds": _("Time to undo sending"),
    "compose_format": _("Write new messages as"),
    "shortcuts": _("Single-key shortcuts"),
    "announce": _("Screen reader announces new mail"),
    "notify": _("The browser shows new mail in the inbox"),
    "notify_sound": _("Play a short sound for new mail in the inbox"),
    "language": pgettext_lazy("setting", "Language"),
    "time_zone": pgettext_lazy("setting", "Time zone"),
    "hour_cycle": pgettext_lazy("setting", "Time of day"),
    "week_start": _("Weeks begin on"),
}

HINTS = {
    "external_images": _("The sender of an image learns when and where you read the message."),
    "notify": _("The browser asks you once whether it may. What comes within seconds is one notice."),
    "shortcuts": _("Single keys act outside text fields only. Arrow keys and Tab always work."),
}

CHOICES: dict[str, list[tuple[Any, Any]]] = {
    "theme": [
        ("auto", pgettext_lazy("colours", "As the system has them")),
        ("light", pgettext_lazy("colours", "Light")),
        ("dark", pgettext_lazy("colours", "Dark")),
    ],
    "contrast": [
        ("auto", pgettext_lazy("contrast", "As the system has it")),
        ("standard", pgettext_lazy("contrast", "Standard")),
        ("more", pgettext_lazy("contrast", "More")),
    ],
    "density": [
        ("comfortable", _("Comfortable: three lines for each message")),
        ("standard", _("Standard: two lines")),
        ("compact", _("Compact: one line")),
    ],
    "reading_pane": [
        ("right", _("Beside the list")),
        ("bottom", _("Below the list")),
        ("off", _("None: a message opens in place of the list")),
    ],
    "reading_size": [
        ("s", pgettext_lazy("text size", "Small")),
        ("m", pgettext_lazy("text size", "Medium")),
        ("l", pgettext_lazy("text size", "Large")),
        ("xl", pgettext_lazy("text size", "Very large")),
    ],
    "mark_read_delay": [
        (0, _("At once")),
        (2, _("After 2 seconds")),
        (5, _("After 5 seconds")),
        (10, _("After 10 seconds")),
        (-1, _("Only when I say so")),
    ],
    "after_archive": [
        ("next", _("The next one")),
        ("previous", _("The previous one")),
        ("list", _("The list")),
    ],
    "external_images": [
        ("ask", _("Ask for each message")),
        ("always", _("Always show")),
        ("never", _("Never show")),
    ],
    "compose_format": [("html", _("Formatted text")), ("plain", _("Plain text"))],
    "shortcuts": [
        ("gmail", _("As in Gmail")),
        ("outlook", _("As in Outlook")),
        ("own", _("Own keys")),
        ("off", pgettext_lazy("shortcuts", "Off")),
    ],
    "notify": [
        ("off", pgettext_lazy("notices", "Never")),
        ("hidden", _("Only while no page of workmail is in view")),
        ("all", pgettext_lazy("notices", "Always")),
    ],
    "announce": [
        ("all", _("All of it")),
        ("known", _("Only from people I know")),
        ("nothing", _("None of it")),
    ],
    "hour_cycle": [
        ("", _("As usual in the language")),
        ("24", pgettext_lazy("time of day", "16:10")),
        ("12", pgettext_lazy("time of day", "4:10 pm")),
    ],
    "week_start": [
        ("", _("As usual in the language")),
        ("monday", pgettext_lazy("first day of the week", "Monday")),
        ("sunday", pgettext_lazy("first day of the week", "Sunday")),
        ("saturday", pgettext_lazy("first day of the week", "Saturday")),
    ],
}


class SectionForm(RefusableForm):
    """Shows the kept values. ``is_valid`` is not asked: ``preferences.save`` judges every value."""

    def __init__(self, section: Section, kept: Preferences, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{section.name}-%s", initial=preferences.as_dict(kept))
        self.section = section
        for name in section.fields:
            self.fields[name] = _field(name, kept)

    def focus(self, control: str) -> None:
        """Put the focus there when the page opens, if the control is in this form."""
        name = control.removeprefix(f"{self.section.name}-")
        if name != control and name in self.fields:
            self.fields[name].widget.attrs["autofocus"] = True

    def changes(self) -> dict[str, str]:
        """Return what the form sent of this section's values; of a check box and its hidden twin the last counts."""
        return {name: self.data[name] for name in self.section.fields if name in self.data}


def _field(name: str, kept: Preferences) -> forms.Field:
    label, hint = LABELS[name], HINTS.get(name, "")
    if isinstance(getattr(kept, name), bool):
        return forms.BooleanField(label=label, help_text=hint, required=False)
    if name == "language":
        choices = [("", _("As the browser asks")), *OWN_LANGUAGE_NAMES]
    elif name == "time_zone":
        choices = [("", _("As in the organization")), *((zone, zone) for zone in preferences.time_zones())]
    elif name == "undo_send_seconds":
        choices = [(seconds, _seconds(seconds)) for seconds in _with(kept.undo_send_seconds, (0, 5, 10, 20, 30, 60))]
    else:
        choices = CHOICES[name]
    return forms.ChoiceField(label=label, help_text=hint, choices=choices, required=False)


def _with(kept: int, offered: tuple[int, ...]) -> list[int]:
    """A value set elsewhere is offered, too: saving the page must not change it."""
    return sorted({*offered, settings.UNDO_SEND_SECONDS, *([kept] if kept >= 0 else [])})


def _seconds(seconds: int) -> str:
    if seconds == 0:
        return pgettext_lazy("time to undo sending", "None: send at once")
    return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
