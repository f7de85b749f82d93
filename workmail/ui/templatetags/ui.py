"""Template tags and filters of every page; a builtin, so that no template loads it.

Attributes of components are written with underscores (``hx_post=url data_command="archive"``) and appear with hyphens;
``True`` writes the bare attribute, ``False``, ``None`` and ``""`` leave it out.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.forms.utils import flatatt
from django.template.base import NodeList, Parser, Token
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workmail.ui import formats, forms, icons

register = template.Library()


# --- Times, sizes, names -----------------------------------------------------------------------------------------


def _filter(name: str, function: Any) -> None:
    """Register a filter that leaves what is missing empty instead of failing."""

    def apply(value: Any) -> str:
        return "" if value is None or value == "" else function(value)

    apply.__doc__ = function.__doc__
    register.filter(name, apply)


for _name, _function in {
    "mail_time": formats.list_time,
    "short_time": formats.short_time,
    "message_time": formats.message_time,
    "full_time": formats.full_time,
    "clock": formats.clock,
    "date_and_time": formats.date_and_time,
    "short_date": formats.short_date,
    "long_date": formats.long_date,
    "day_heading": formats.day_heading,
    "ago": formats.ago,
    "file_size": formats.file_size,
    "number": formats.number,
    "percent": formats.percent,
    "initials": formats.initials,
}.items():
    _filter(_name, _function)

_STYLES = {
    "list": formats.list_time,
    "short": formats.short_time,
    "message": formats.message_time,
    "full": formats.full_time,
    "table": formats.date_and_time,
    "ago": formats.ago,
    "clock": formats.clock,
}


@register.simple_tag
def when(value: datetime | date | None, style: str = "list", **attributes: Any) -> SafeString:
    """Write a ``<time>``: the text in the given style, the exact time in its tooltip and for machines."""
    if value is None:
        return SafeString("")
    if not isinstance(value, datetime):
        return format_html(
            '<time datetime="{}"{}>{}</time>', value.isoformat(), _attributes(attributes), formats.short_date(value)
        )
    here = formats.local(value)
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        here.isoformat(timespec="seconds"),
        formats.full_time(value),
        _attributes(attributes),
        _STYLES[style](value),
    )


@register.simple_tag
def plural_data(forms_by_category: Mapping[str, str]) -> SafeString:
    """Write ``data-one="…" data-few="…" …`` for texts that a script counts; make them with ``strings.plural``."""
    return flatatt({f"data-{category}": text for category, text in forms_by_category.items()})


# --- Icons -------------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """``{% icon "archive" %}``: decoration; with ``label`` it has a name of its own."""
    return icons.icon(name, css, label)


class SpriteNode(template.Node):
    def __init__(self, nodelist: NodeList, also: list[Any]) -> None:
        self.nodelist = nodelist
        self.also = also

    def render(self, context: template.Context) -> SafeString:
        markup = self.nodelist.render(context)
        return icons.with_sprite(markup, *(name.resolve(context) for name in self.also))


@register.tag
def sprite(parser: Parser, token: Token) -> SpriteNode:
    """``{% sprite "x" … %}page{% endsprite %}``: append the icons the page uses, and those that scripts add."""
    also = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endsprite",))
    parser.delete_first_token()
    return SpriteNode(nodelist, also)


# --- Components without a body -----------------------------------------------------------------------------------


@register.simple_tag
def button(label: str, **options: Any) -> SafeString:
    """A button, or with ``href`` a link that looks like one; see ``components/button.html``."""
    known = (
        "icon",
        "kind",
        "size",
        "href",
        "type",
        "name",
        "value",
        "id",
        "key",
        "busy",
        "pressed",
        "css",
        "hide_label",
    )
    return _component("button", {"label": label}, options, known)


@register.simple_tag
def icon_button(label: str, icon: str, **options: Any) -> SafeString:
    """A button that shows only an icon and is named by ``label``; see ``components/icon_button.html``."""
    known = ("size", "href", "type", "name", "value", "id", "key", "pressed", "css")
    return _component("icon_button", {"label": label, "icon": icon}, options, known)


@register.simple_tag
def avatar(name: str, kind: str = "", size: str = "", label: str = "") -> SafeString:
    """The initials of a person, or of a thing (``kind="thing"``: square); see ``components/avatar.html``."""
    values = {"letters": formats.initials(name or "?"), "kind": kind, "size": size, "label": label}
    return forms.component("avatar", values)


@register.simple_tag
def chip(label: str, **options: Any) -> SafeString:
    """A small label, or a token with a Remove button; see ``components/chip.html``."""
    known = ("kind", "icon", "hidden_text", "remove_label", "tag", "css")
    return _component("chip", {"label": label}, options, known)


@register.simple_tag
def field(bound: BoundField, **options: Any) -> SafeString:
    """A form field with its label, hint and error; see ``components/field.html``.

    ``label``, ``hint``, ``css`` (of the box), ``hide_label`` replace what the form says; everything else becomes an
    attribute of the control.
    """
    return forms.render_field(bound, **options)


@register.simple_tag
def error_summary(*several: BaseForm) -> SafeString:
    """What is wrong in one form or several, as links to the fields; nothing when nothing is wrong."""
    return forms.render_error_summary(*several)


# --- Components with a body --------------------------------------------------------------------------------------


@register.simple_block_tag
def panel(content: SafeString, title: str = "", id: str = "", css: str = "", level: int = 2) -> SafeString:
    """A titled box; the block between the tags is its body."""
    return forms.component("panel", {"body": content, "title": title, "id": id, "css": css, "level": level})


@register.simple_block_tag
def dialog(content: SafeString, id: str, title: str, css: str = "", **attributes: Any) -> SafeString:
    """A native dialog that holds the page; opened by ``data-dialog="<id>"`` or ``dialog.open(id)``."""
    values = {"body": content, "id": id, "title": title, "css": css, "attributes": _attributes(attributes)}
    return forms.component("dialog", values)


@register.simple_block_tag
def menu(content: SafeString, id: str, label: str, css: str = "") -> SafeString:
    """A popover with links, forms or fields; opened by a button with ``popovertarget="<id>"``."""
    return forms.component("menu", {"body": content, "id": id, "label": label, "css": css})


@register.simple_block_tag
def toolbar(content: SafeString, label: str, css: str = "bar", **attributes: Any) -> SafeString:
    """Buttons with one tab stop and arrow keys between them."""
    values = {"body": content, "label": label, "css": css, "attributes": _attributes(attributes)}
    return forms.component("toolbar", values)


@register.simple_block_tag
def note(content: SafeString, kind: str = "", icon: str = "", **attributes: Any) -> SafeString:
    """A sentence that stands out: ``kind`` is empty, ``ok``, ``warn`` or ``bad``."""
    values = {"body": content, "kind": kind, "icon": icon, "attributes": _attributes(attributes)}
    return forms.component("note", values)


def _component(name: str, values: dict[str, Any], options: dict[str, Any], known: tuple[str, ...]) -> SafeString:
    values |= {key: options.pop(key) for key in known if key in options}
    return forms.component(name, values | {"attributes": _attributes(options)})


def _attributes(options: Mapping[str, Any]) -> SafeString:
    named = {key.rstrip("_").replace("_", "-"): value for key, value in options.items()}
    return flatatt({key: value for key, value in named.items() if value not in (None, "")})
