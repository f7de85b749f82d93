"""Times to send at: what the composer offers, and what a form asks for, in the person's zone."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from workmail.errors import Invalid
from workmail.ui import formats

MORNING = time(8)
_WRITTEN = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that is offered: how it is posted, what it is called, and when exactly that is."""

    value: str
    label: str
    when: str


def offered(now: datetime | None = None) -> list[Moment]:
    """Return tomorrow morning and Monday morning; on a Sunday these are one."""
    here = formats.local(now or timezone.now())
    tomorrow = here.date() + timedelta(days=1)
    monday = here.date() + timedelta(days=7 - here.weekday())
    days = [(tomorrow, _("Tomorrow morning"))]
    if monday != tomorrow:
        days.append((monday, _("Monday morning")))
    return [
        Moment(f"{day}T{MORNING:%H:%M}", label, formats.date_and_time(_aware(datetime.combine(day, MORNING))))
        for day, label in days
    ]


def asked(request: HttpRequest, name: str = "send_at") -> datetime | None:
    """Return the time that a form names; ``own`` means that of the field ``<name>_own``. None: none is asked for.

    Raises:
        Invalid: It is no date and time.
    """
    if not request.POST.get(name):
        return None
    text = posted(request, name)
    try:
        return _aware(datetime.strptime(text[:16], _WRITTEN))
    except (ValueError, OverflowError) as error:
        raise Invalid(_("Choose a date and a time."), field=name) from error


def posted(request: HttpRequest, name: str = "send_at") -> str:
    """Return what a form names as it stands there."""
    text = request.POST.get(name, "")
    return request.POST.get(f"{name}_own", "") if text == "own" else text


def written(value: datetime) -> str:
    """Return the time as a field for date and time holds it."""
    return formats.local(value).strftime(_WRITTEN)


def _aware(naive: datetime) -> datetime:
    return naive.replace(tzinfo=timezone.get_current_timezone())
