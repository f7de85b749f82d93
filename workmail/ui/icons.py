"""Icons from the ``lucide`` package, inlined once for each page as a sprite of those that the page uses.

A page refers to an icon by ``<use href="#i-archive">``; ``with_sprite`` finds these references in the finished markup,
whoever wrote them (a template, a component, a fragment), and appends the symbols. Fragments that arrive later bring
references only: the script asks ``/icons.svg?names=...`` for what the page does not have yet.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_REFERENCE = re.compile(r'href="#i-([a-z0-9-]{1,60})"')
_INSIDE = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
_NAME = re.compile(r"\A[a-z0-9-]{1,60}\Z")


class IconMissing(LookupError):
    """The package has no icon of this name."""


@cache
def _archive() -> ZipFile:
    return ZipFile(BytesIO((files("lucide") / "lucide.zip").read_bytes()))


@lru_cache(maxsize=512)
def symbol(name: str) -> SafeString:
    """Return the icon as an SVG symbol with the id ``i-<name>``.

    Raises:
        IconMissing: There is none; a misspelled name fails the first time its page is shown.
    """
    try:
        if not _NAME.match(name):
            raise KeyError(name)
        svg = _archive().read(f"{name}.svg").decode()
    except KeyError:
        raise IconMissing(f"There is no icon named {name!r}.") from None
    inside = _INSIDE.search(svg)
    shapes = " ".join(inside.group(1).split()).replace(" />", "/>").replace("> <", "><") if inside else ""
    return mark_safe(f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>')


def icon(name: str, css_class: str = "", label: str = "") -> SafeString:
    """Return a reference to an icon; decoration unless ``label`` gives it a name."""
    symbol(name)  # a wrong name fails here, not as an empty space on somebody's screen
    css = f"i {css_class}".strip()
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="#i-{}"/></svg>', css, label, name)
    return format_html('<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>', css, name)


def sprite(names: Iterable[str]) -> SafeString:
    """Return the symbols of the named icons, each once, in one invisible SVG."""
    symbols = "".join(symbol(name) for name in dict.fromkeys(names))
    return mark_safe(f'<svg id="icons" width="0" height="0" hidden aria-hidden="true">{symbols}</svg>')


def with_sprite(markup: str, *also: str) -> SafeString:
    """Append the icons that ``markup`` refers to, and those that scripts add later (``also``)."""
    return mark_safe(markup + sprite([*_REFERENCE.findall(markup), *also]))
