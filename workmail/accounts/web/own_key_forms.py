"""The form in which a person gives commands keys of their own: a text field for each command, under its section."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import pgettext

from workmail.accounts import own_keys
from workmail.accounts.web.forms import RefusableForm, text_field
from workmail.errors import WorkmailError
from workmail.ui import commands

_PREFIX = "key-"  # a command could be called like something else that the form sends


@dataclass(frozen=True, slots=True)
class Row:
    """One command: its field, and what brings its key of the preset back."""

    command: str
    bound: BoundField
    is_own: bool
    reset_label: str


class OwnKeysForm(RefusableForm):
    """Shows the keys of the commands that are offered. As with the other settings, the operation judges them."""

    def __init__(self, kept: Mapping[str, str], offered: list[str], sent: Mapping[str, str] | None = None) -> None:
        self.own = own_keys.differences(kept)
        keys = own_keys.effective(kept)
        shown = {_PREFIX + name: own_keys.shown(keys[name]) for name in offered}
        data = None if sent is None else shown | {_PREFIX + name: text for name, text in sent.items()}
        super().__init__(data, auto_id="%s", initial=shown)
        labels = commands.command_labels()
        for name in offered:
            self.fields[_PREFIX + name] = _key_field(labels[name])

    def refuse(self, error: WorkmailError) -> None:
        """Show each problem at the field of its command."""
        self.full_clean()
        problems: Any = error.details.get("problems", {})
        for name, sentence in problems.items():
            field = _PREFIX + name
            self.add_error(field if field in self.fields else None, sentence)
        if not self.errors:
            self.add_error(None, str(error))

    def focus(self, control: str) -> None:
        """Put the focus there when the page opens, if the control is in this form."""
        if control in self.fields:
            self.fields[control].widget.attrs["autofocus"] = True

    def sections(self) -> Iterator[tuple[str, list[Row]]]:
        """Yield the headings of the help sheet, each with its rows."""
        table = commands.table()
        for section, title in commands.section_labels().items():
            rows = [
                self._row(name.removeprefix(_PREFIX))
                for name in self.fields
                if table[name.removeprefix(_PREFIX)].section == section
            ]
            if rows:
                yield title, rows

    def _row(self, name: str) -> Row:
        label = self.fields[_PREFIX + name].label
        # Translators: name of a small button "Reset"; {command} is the name of a command, such as "Archive"
        reset_label = pgettext("key of a command", "Reset “{command}”").format(command=label)
        return Row(name, self[_PREFIX + name], name in self.own, reset_label)


def sent_by(data: Mapping[str, Any], offered: list[str]) -> dict[str, str]:
    """Return what a form sent, by command: typed keys, or the keys of the preset that ``reset`` asks for."""
    reset, table = data.get("reset"), commands.table()
    if reset == "all":
        return {command.id: command.key for command in table.values() if command.may_have_own_key}
    if reset is not None:
        return {name: table[name].key for name in offered if name == reset}
    return {name: data[_PREFIX + name] for name in offered if _PREFIX + name in data}


def control_of(name: str) -> str:
    """Return the id of the field of a command."""
    return _PREFIX + name


def _key_field(label: str) -> forms.CharField:
    attributes = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    return text_field(label, most=own_keys.LONGEST_TEXT, attrs=attributes, required=False)
