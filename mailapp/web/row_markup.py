"""The markup of one line of the list.

A template would need fifty small nodes for each of fifty lines, which is more time than everything else a page costs.
So this one component is a function: the same for the page, for the next fifty, and for a change.
"""

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailapp.categories.shelf import Shown
    from mailapp.web.rows import Row


def _icon(name: str, css: str = "") -> str:
    return f'<svg class="{f"i {css}".strip()}" aria-hidden="true"><use href="#i-{name}"/></svg>'


_REPLY, _FORWARD, _IMPORTANT = _icon("reply", "mark"), _icon("forward", "mark"), _icon("circle-alert", "important")
_MUTED, _UNANSWERED = _icon("bell-off"), _icon("bell-ring", "important")
_PAPERCLIP, _FLAG = _icon("paperclip"), _icon("flag", "flag")
_CALENDAR, _FAILED = _icon("calendar"), _icon("triangle-alert")


@dataclass(frozen=True, slots=True)
class Words:
    """What is the same on every line in one language, escaped already."""

    unread: str
    draft: str
    quick: tuple[str, str]  # the buttons of a line that is not flagged, and of one that is
    category: str


def words() -> Words:
    return _words(get_language() or "en")


@lru_cache(maxsize=16)
def _words(language: str) -> Words:
    unread = f'<span class="vh" data-unread-word>{escape(_("Unread."))} </span>'
    draft = f'<span class="vh">{escape(_("Draft."))} </span>'
    archive = _quick("archive", "archive", pgettext("button, verb", "Archive"))
    delete = _quick("delete", "trash-2", pgettext("button", "Delete"))
    flag = pgettext("button, verb", "Flag")
    buttons = (
        f'<div class="quick needs-script">{archive}{delete}{_quick(action, "flag", flag, pressed)}</div>'
        for action, pressed in (("flag", "false"), ("unflag", "true"))
    )
    # Translators: read before the name of a category in the list
    category = f'<span class="vh">. {escape(pgettext("before a name", "Category:"))} </span>'
    return Words(unread, draft, tuple(buttons), category)  # type: ignore[arg-type]


def chips(categories: "Sequence[Shown]", said: Words) -> str:
    """Return the categories of a line; the colour never says more than the name."""
    return (
        '<span class="cats">'
        + "".join(
            f'{said.category}<span class="{each.css}" data-category="{escape(each.keyword)}">{escape(each.name)}</span>'
            for each in categories
        )
        + "</span>"
    )


def _quick(action: str, icon: str, label: str, pressed: str = "") -> str:
    name = escape(label)
    state = f' aria-pressed="{pressed}"' if pressed else ""
    return (
        f'<button type="button" class="icon small" data-act="{action}" aria-label="{name}"{state} title="{name}" '
        f'tabindex="-1">{_icon(icon)}</button>'
    )


def markup(row: "Row") -> SafeString:
    """Return the line; everything that somebody wrote is escaped here."""
    said = words()
    unread, dot, unread_word = (" unread", '<span class="dot"></span>', said.unread) if row.is_unread else ("", "", "")
    states = (
        f"{' data-flagged' if row.is_flagged else ''}{' data-muted' if row.is_muted else ''}"
        f"{' data-draft' if row.is_draft or row.waits else ''}{' data-current' if row.is_open else ''}"
    )
    count = ""
    if row.count_words:
        count = (
            f'<span class="cnt num"><span aria-hidden="true">{row.count}</span>'
            f'<span class="vh">, {escape(row.count_words)}</span></span>'
        )
    answered = _REPLY if row.is_answered else _FORWARD if row.is_forwarded else ""
    muted = _MUTED if row.is_muted else _UNANSWERED if row.is_unanswered else ""
    important = _IMPORTANT if row.is_important else ""
    paperclip = _PAPERCLIP if row.has_attachment else ""
    marks = f'<span class="vh">. {escape(row.marks)}</span>' if row.marks else ""
    cats = chips(row.categories, said) if row.categories else ""
    kind, icon = (" inv", _CALENDAR) if row.has_invitation else (" inv bad", _FAILED) if row.is_bounce else ("", "")
    place = f'<span class="place">{escape(row.place)}</span>' if row.place else ""
    return mark_safe(
        f'<div role="listitem" class="row{unread}" id="{row.id}" data-name="{row.name}" data-kind="{row.kind}" '
        f'data-order="{row.order}" data-version="{row.version:x}"{states} data-heading="{escape(row.heading)}">'
        f'<div class="pick"><label><input type="checkbox" form="bulk" name="{row.kind}" value="{row.name}" '
        f'aria-label="{escape(row.select_words)}"></label>{dot}</div>'
        f'<div class="what"><a class="hit" href="{escape(row.url)}">{unread_word}{said.draft if row.is_draft else ""}'
        f'<span class="l1"><span class="who trunc">{escape(row.who)}</span>{count}'
        f'<time datetime="{row.iso_time}" title="{escape(row.exact_time)}">{escape(row.time)}</time></span>\n'
        f'<span class="l2">{answered}{important}<span class="sub trunc">{escape(row.subject)}</span>{cats}{paperclip}'
        f'{muted}{_FLAG}{marks}</span>\n<span class="l3{kind}">{icon}{place}'
        f'<span class="trunc">{escape(row.preview)}</span></span>'
        f"</a></div>{said.quick[row.is_flagged]}</div>"
    )
