"""The keys that a person has given to commands: which may be given, and which cannot stand beside one another.

A key is one character (``e``, ``#``), Shift and a letter (``Shift+i``), or two of these with a space between them,
which are pressed one after the other (``g i``). Kept is only what differs from the Gmail-like preset, by command; an
empty text means that the command has no key. The table of commands is the script's, read by ``workmail.ui.commands``.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from workmail.errors import Invalid
from workmail.ui import commands
from workmail.ui.strings import script_strings

LONGEST_TEXT = 40  # of what is typed; "Shift+a Shift+b" has 15 characters

_PLUS = re.compile(r"\+|(?<=\w\w)-(?=\w)")  # also as in "Ctrl-R"
_SPACED_PLUS = re.compile(r"(\w{2,})\s*\+\s*(?=\S)")
_SPACE_IN_NAME = re.compile(r"(?<=\w\w) (?=\w\w)")

_LAST_CHARACTER = "\u024f"  # after it there are no more Latin letters, and no signs of a Latin keyboard
_SHIFT = frozenset({"shift", "maj", "⇧"})
_MODIFIERS = frozenset(
    {
        "ctrl",
        "control",
        "alt",
        "altgr",
        "altgraph",
        "option",
        "opt",
        "cmd",
        "command",
        "meta",
        "win",
        "super",
        "os",
        "⌘",
        "⌥",
        "⌃",
    }
)
_OF_SCREEN_READERS = frozenset({"insert", "ins", "capslock", "caps", "numlock", "scrolllock", "fn"})
_OF_THE_BROWSER = frozenset({f"f{number}" for number in range(1, 25)} | {"contextmenu", "printscreen", "pause"})
_OF_THE_FOCUS = frozenset(
    {"tab", "enter", "return", "escape", "esc", "space", "backspace", "delete", "del", "home", "end"}
    | {"pageup", "pagedown", "arrowup", "arrowdown", "arrowleft", "arrowright", "up", "down", "left", "right"}
)
# Where a Cyrillic letter stands on a Latin keyboard: the place of a key counts, as it does in the script.
_PLACES = dict(zip("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`", strict=True))
_WITH_SHIFT = dict(zip("[];',.`", '{}:"<>~', strict=True))


# --- What is kept ------------------------------------------------------------------------------------------------


def usable(value: Any) -> dict[str, str]:
    """Return what counts of a kept value; commands and keys that no longer exist, or stand twice, do not."""
    kept: dict[str, str] = {}
    if not isinstance(value, Mapping):
        return kept
    for command in _choosable():
        key = value.get(command.id)
        if not isinstance(key, str) or key == command.key or not _is_key(key):
            continue
        if not any(_clash(key, other) for other in kept.values()):
            kept[command.id] = key
    return kept


def effective(own: Mapping[str, str]) -> dict[str, str]:
    """Return the key of every command that may have one; a key of the preset gives way to an own one."""
    return {
        command.id: own[command.id] if command.id in own else _unless_taken(command.key, own)
        for command in _choosable()
    }


def differences(own: Mapping[str, str]) -> dict[str, str]:
    """Return the keys that are not those of the preset: all that a script must be told."""
    if not own:
        return {}
    keys = effective(own)
    return {command.id: keys[command.id] for command in _choosable() if keys[command.id] != command.key}


def merged(own: Mapping[str, str], chosen: Mapping[str, str], among: Collection[str]) -> dict[str, str]:
    """Return the own keys after some were chosen.

    Args:
        own: The present ones.
        chosen: What the person typed, by command.
        among: The commands that this person is offered. What others had by themselves gives way without a word.

    Raises:
        Invalid: A key cannot be chosen, or is that of another command; ``details["problems"]`` says which, by command.
    """
    present, wanted, problems = effective(own), {}, {}
    for name, typed in chosen.items():
        if name not in present:
            raise Invalid(_("There is no such setting."), field=name)
        try:
            wanted[name] = read(typed)
        except Invalid as refusal:
            problems[name] = str(refusal)
    changed = {name: key for name, key in wanted.items() if key != present[name]}
    planned = {name: key for name, key in (present | wanted).items() if name in among or name in wanted}
    problems |= {name: sentence for name, sentence in _conflicts(changed, planned) if name not in problems}
    if problems:
        raise Invalid(next(iter(problems.values())), field="own_keys", problems=problems)
    defaults = {command.id: command.key for command in _choosable()}
    others = {name: key for name, key in own.items() if name not in changed}
    stay = {name: key for name, key in others.items() if name in planned or not _taken(key, changed)}
    return stay | {name: key for name, key in changed.items() if key != defaults[name]}


def _conflicts(changed: Mapping[str, str], planned: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield a command whose new key collides, and why. Of two that were changed, the later one has the problem."""
    order = list(commands.table())
    for name, key in changed.items():
        for other, its_key in planned.items():
            if other == name or not _clash(key, its_key):
                continue
            if other in changed and order.index(other) > order.index(name):
                continue
            yield name, _conflict(key, other, its_key)
            break


def _conflict(key: str, other: str, its_key: str) -> str:
    words = {"key": shown(key), "other_key": shown(its_key), "command": commands.command_labels()[other]}
    if key == its_key:
        # Translators: {key} is such as "e" or "g i"; {command} is the name of a command, such as "Archive"
        sentence = _("“{key}” already belongs to “{command}”. Choose another key, or change that one first.")
    elif " " in key:
        sentence = _(
            "“{key}” cannot be reached: its first key, “{other_key}”, already belongs to “{command}”. "
            "Choose another key, or change that one first."
        )
    else:
        # Translators: {other_key} is two keys, such as "g i", of which {key} is the first
        sentence = _(
            "“{key}” already begins “{other_key}”, which belongs to “{command}”. "
            "Choose another key, or change that one first."
        )
    return sentence.format(**words)


def _clash(one: str, other: str) -> bool:
    """Two keys cannot stand beside one another if they are the same, or if one is the first half of the other."""
    return bool(one and other) and (one == other or one == other.split(" ")[0] or other == one.split(" ")[0])


def _taken(key: str, own: Mapping[str, str]) -> bool:
    return any(_clash(key, other) for other in own.values())


def _unless_taken(key: str, own: Mapping[str, str]) -> str:
    return "" if _taken(key, own) else key


def _choosable() -> tuple[commands.Command, ...]:
    return tuple(command for command in commands.table().values() if command.may_have_own_key)


# --- From what is typed to a key, and back -----------------------------------------------------------------------


def read(typed: str) -> str:
    """Return the key that a text means, in the form it is kept in. Nothing stays nothing.

    Raises:
        Invalid: It means none, or one that belongs to the browser, to screen readers or to the focus.
    """
    if len(typed) > LONGEST_TEXT:
        raise _no_key(typed)
    text = _SPACED_PLUS.sub(r"\1+", unicodedata.normalize("NFC", typed).strip())
    if refusal := _refusal(text):
        raise Invalid(refusal)
    steps = text.split()
    if len(steps) > 2:
        raise Invalid(_("A command has one key, or two that are pressed one after the other: write no more than two."))
    return " ".join(_step(step) for step in steps)


def shown(key: str) -> str:
    """Return a key as people read and write it: ``Shift+I``, in French ``Maj+I``."""
    return " ".join(_shown_step(step) for step in key.split(" "))


def _shown_step(step: str) -> str:
    if not step.startswith("Shift+"):
        return step
    return f"{script_strings()['keys.name.Shift']}+{step.removeprefix('Shift+').upper()}"


def _step(typed: str) -> str:
    if len(typed) == 1:
        return _character(typed)
    if refusal := _refusal(typed):
        raise Invalid(refusal)
    modifier, _plus, rest = typed.partition("+")
    if modifier.lower() not in _SHIFT | {_name_of("Shift")} or len(rest) != 1:
        raise _no_key(typed)
    if rest.isalpha() and len(rest.upper()) == 1:
        return _character(rest.upper())
    if rest.isdecimal():
        raise Invalid(_("Write the character that Shift and this key give together, such as “#” or “!”."))
    return _character(rest)


def _character(character: str) -> str:
    lower = character.lower()
    if character == "№":  # where a Latin keyboard has it
        return "#"
    if place := _PLACES.get(lower):
        if character == lower:
            return place
        return _WITH_SHIFT.get(place, f"Shift+{place}")
    if character > _LAST_CHARACTER or character.isspace() or not character.isprintable() or len(lower) != 1:
        raise _no_key(character)
    if character.isalpha() and character != lower:
        return f"Shift+{lower}"
    return character


def _refusal(typed: str) -> str | None:
    """Say whose key it is that a person must not take, or return nothing."""
    words = [word for part in _PLUS.split(typed.lower()) if (word := part.strip())]
    if typed.endswith("+") and words:
        words.append("+")
    if len(words) > 1 and not _MODIFIERS.isdisjoint([*words[:-1], *_translated(words[:-1])]):
        sentence = _("“{key}” cannot be chosen: keys with Ctrl, Alt or Cmd are for the browser and screen readers.")
        return sentence.format(key=typed.strip()[:LONGEST_TEXT])
    # "Page Up" is the name of one key; "u p" are two keys, and "up" is none of them.
    names = {_SPACE_IN_NAME.sub("", words[-1]), *_translated(words[-1:])} if words else set()
    if names & (_MODIFIERS | _SHIFT | _OF_SCREEN_READERS):
        sentence = _("“{key}” cannot be chosen: screen readers and the system use it.")
    elif names & _OF_THE_BROWSER:
        sentence = _("“{key}” cannot be chosen: the browser uses it.")
    elif names & _OF_THE_FOCUS:
        sentence = _("“{key}” cannot be chosen: it moves about the page, or acts on what has the focus.")
    else:
        return None
    return sentence.format(key=typed.strip()[:LONGEST_TEXT])


def _translated(words: Collection[str]) -> set[str]:
    """Return the names of the script for names of keys in the person's language: ``delete`` for ``suppr``."""
    prefix = "keys.name."
    texts = script_strings().items()
    names = {str(text).lower(): key.removeprefix(prefix).lower() for key, text in texts if key.startswith(prefix)}
    return {names[word] for word in words if word in names}


def _name_of(key: str) -> str:
    return str(script_strings()[f"keys.name.{key}"]).lower()


def _no_key(typed: str) -> Invalid:
    sentence = _(
        "“{key}” is not a key. Write one character, such as “e”, or two with a space between them, such as “g i”; "
        "for a capital letter write “Shift+I”."
    )
    return Invalid(sentence.format(key=typed[:LONGEST_TEXT]))


def _is_key(key: str) -> bool:
    """Return whether a kept key has the form that ``read`` returns, in any language."""
    steps = key.split(" ")
    return key == "" or (len(steps) <= 2 and all(_is_step(step) for step in steps))


def _is_step(step: str) -> bool:
    character = step.removeprefix("Shift+")
    if len(character) != 1 or character > _LAST_CHARACTER or character != character.lower():
        return False
    if step != character:
        return character.isalpha()
    return character.isprintable() and not character.isspace()
