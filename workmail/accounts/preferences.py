"""What a person has set for themselves, typed. Kept as JSON in ``User.preferences``; only this module writes it.

An unknown or outdated value in the column counts as not set, so that a new release can drop a choice.
"""

import zoneinfo
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from workmail.accounts import own_keys
from workmail.accounts.actor import Actor
from workmail.audit import log as audit
from workmail.directory.models import User
from workmail.errors import Forbidden, Invalid


def _choice(default: str, *others: str) -> Any:
    return field(default=default, metadata={"choices": (default, *others)})


def _number(default: int, least: int, most: int) -> Any:
    return field(default=default, metadata={"range": (least, most)})


@dataclass(frozen=True, slots=True)
class Preferences:
    """Defaults are what a new person gets. ``language`` and ``time_zone`` are empty until chosen."""

    language: str = field(default="", metadata={"check": "language"})
    time_zone: str = field(default="", metadata={"check": "time_zone"})
    hour_cycle: str = _choice("", "24", "12")  # empty: as the language has it
    week_start: str = _choice("", "monday", "sunday", "saturday")  # empty: as the language has it
    theme: str = _choice("auto", "light", "dark")
    contrast: str = _choice("auto", "standard", "more")
    density: str = _choice("comfortable", "standard", "compact")
    reading_pane: str = _choice("right", "bottom", "off")
    reading_size: str = _choice("m", "s", "l", "xl")
    conversations: bool = True
    mark_read_delay: int = _number(0, -1, 30)  # seconds; -1: only by hand
    after_archive: str = _choice("next", "previous", "list")
    external_images: str = _choice("ask", "never", "always")
    undo_send_seconds: int = field(default=-1, metadata={"range": (-1, 60)})  # -1: as the installation has it
    compose_format: str = _choice("html", "plain")
    shortcuts: str = _choice("gmail", "outlook", "own", "off")
    # By command, only what differs from the Gmail-like keys; it counts while ``shortcuts`` is "own".
    own_keys: Mapping[str, str] = field(default_factory=dict)
    announce: str = _choice("all", "known", "nothing")
    notify: str = _choice("off", "hidden", "all")
    notify_sound: bool = False

    @property
    def effective_undo_send_seconds(self) -> int:
        return settings.UNDO_SEND_SECONDS if self.undo_send_seconds < 0 else self.undo_send_seconds

    def single_key(self, command: str) -> str:
        """Return the single key that does a command as people read it, or nothing if there is none."""
        if self.shortcuts not in ("gmail", "own"):
            return ""
        return own_keys.shown(own_keys.effective(self.own_keys if self.shortcuts == "own" else {})[command])


# Values that are not a choice but the lack of one: they are not kept.
_NOT_SET: tuple[tuple[str, Any], ...] = (("undo_send_seconds", -1), ("own_keys", {}))

FIELDS = {item.name: item for item in fields(Preferences)}


def of(user: User) -> Preferences:
    """Return the preferences of a user, with defaults where nothing usable is set."""
    kept: dict[str, Any] = {}
    for name, value in (user.preferences or {}).items():
        try:
            kept[name] = own_keys.usable(value) if name == "own_keys" else _clean(name, value)
        except Invalid:
            continue
    return Preferences(**kept)


def time_zone_of(user: User) -> str:
    """Return the zone the person lives in: their own choice, else their organization's, else the installation's."""
    return of(user).time_zone or user.organization.time_zone or settings.DEFAULT_TIME_ZONE


def save(actor: Actor, user: User, changes: Mapping[str, Any]) -> Preferences:
    """Change some preferences of the actor's own account; all or none.

    Values may be text, as forms send them.

    Raises:
        Invalid: A value is not one of the choices; ``details["field"]`` says which.
        Forbidden: Somebody else's preferences.
    """
    cleaned = {name: _clean(name, value) for name, value in changes.items()}
    return _write(actor, user, lambda present: cleaned)


def save_keys(actor: Actor, user: User, chosen: Mapping[str, str], *, among: Collection[str]) -> Preferences:
    """Give commands the keys that the actor typed for them; all or none.

    Args:
        chosen: What was typed, by command; the other commands keep what they have.
        among: The commands that this person is offered; see ``own_keys.merged``.

    Raises:
        Invalid: A key cannot be chosen, or is that of another command; ``details["problems"]`` says why, by command.
        Forbidden: Somebody else's preferences.
    """
    return _write(actor, user, lambda present: {"own_keys": own_keys.merged(present.own_keys, chosen, among)})


def _write(actor: Actor, user: User, changes_to: Callable[[Preferences], Mapping[str, Any]]) -> Preferences:
    """Keep what ``changes_to`` makes of the present preferences, whose row is locked meanwhile."""
    if actor.user is None or actor.user.pk != user.pk:
        raise Forbidden
    with transaction.atomic():
        row = User.objects.select_for_update().only("preferences").get(pk=user.pk)
        changes = changes_to(of(row))
        kept = {**(row.preferences or {}), **changes}
        row.preferences = {name: value for name, value in kept.items() if (name, value) not in _NOT_SET}
        User.objects.filter(pk=user.pk).update(preferences=row.preferences)
        audit.record(actor, "preferences.change", user.addr_spec, fields=sorted(changes))
    user.preferences = row.preferences
    return of(user)


def as_dict(preferences: Preferences) -> dict[str, Any]:
    return asdict(preferences)


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """The zones offered: those named after places (``Europe/Paris``), and UTC."""
    places = {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
    named = {name for name in zoneinfo.available_timezones() if name.partition("/")[0] in places}
    return ("UTC", *sorted(named))


def _clean(name: str, value: Any) -> Any:
    """Return the value in its type. Raises Invalid."""
    item = FIELDS.get(name)
    if item is None:
        raise Invalid(_("There is no such setting."), field=name)
    if isinstance(item.default, bool):
        return _clean_bool(name, value)
    if isinstance(item.default, int):
        return _clean_number(name, value, *item.metadata["range"])
    if name == "own_keys":
        if not isinstance(value, Mapping) or own_keys.usable(value) != value:
            raise Invalid(_("Choose one of the values offered."), field=name)
        return dict(value)
    if not isinstance(value, str):
        raise Invalid(_("Choose one of the values offered."), field=name)
    check = item.metadata.get("check")
    if check == "language":
        allowed = value == "" or value in dict(settings.LANGUAGES)
    elif check == "time_zone":
        allowed = value == "" or value in time_zones()
    else:
        allowed = value in item.metadata["choices"]
    if not allowed:
        raise Invalid(_("Choose one of the values offered."), field=name)
    return value


def _clean_bool(name: str, value: Any) -> bool:
    words = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False, "": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise Invalid(_("Choose one of the values offered."), field=name)


def _clean_number(name: str, value: Any, least: int, most: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise Invalid(_("Write a number."), field=name) from error
    if isinstance(value, bool) or not least <= number <= most:
        raise Invalid(_("Choose a number from %(least)d to %(most)d.") % {"least": least, "most": most}, field=name)
    return number
