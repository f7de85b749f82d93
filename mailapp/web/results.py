"""Searching: what was asked as tokens, where was looked, and the matching messages as a list like any other."""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.search import queries, query, saved
from mailapp.search.operators import ANYWHERE
from mailapp.search.tree import And, In, Tree, both
from mailapp.store import folders
from mailapp.store.models import Folder
from mailapp.web import list_pages, pages
from mailapp.web.rows import Row, RowMaker
from mailapp.web.search_links import SavedLink, address_of, saved_links
from workmail.ui import formats
from workmail.ui.refusals import is_partial

# An operator with its value and nothing else; an alternative (from:a OR from:b) is edited as a whole.
_OPERATOR = re.compile(r'-?[^\W\d_][\w-]*:("[^"]*"|[^\s"]+)$')


@dataclass(frozen=True, slots=True)
class Token:
    """One condition of the query as the person's language writes it, and the query without it.

    Its value stands from ``start`` to ``end`` in the text of all tokens, counted as scripts count (UTF-16).
    """

    text: str
    url_without: str
    start: int
    end: int


@dataclass(frozen=True)
class ResultPage:
    """Results where a list stands; it has the parts of ``ListPage`` that the templates read."""

    mailbox: OpenMailbox
    text: str
    parsed: query.Query
    found: queries.Page
    rows: list[Row]
    after: str = ""

    in_conversations = False
    role = ""
    filters = ()
    can_be_emptied = False
    is_filtered = False
    is_results = True

    @property
    def name(self) -> str:
        return self.saved_as.name if self.saved_as else _("Search results")

    @property
    def title(self) -> str:
        return (self.saved_as.name if self.saved_as else self.text) or _("Search")

    @cached_property
    def saved_searches(self) -> list[SavedLink]:
        return saved_links(self.mailbox, self.parsed.tree)

    @property
    def saved_as(self) -> SavedLink | None:
        """The saved search that asks for the same."""
        return next((link for link in self.saved_searches if link.is_current), None)

    @property
    def suggested_name(self) -> str:
        """What a saved search is called unless the person says otherwise."""
        return self.tokens_text[: saved.LONGEST_NAME].strip()

    @property
    def longest_name(self) -> int:
        return saved.LONGEST_NAME

    @property
    def folder_id(self) -> None:
        return None

    @cached_property
    def groups(self) -> list[tuple[str, list[Row]]]:
        return [(heading, list(rows)) for heading, rows in groupby(self.rows, key=lambda row: row.heading)]

    @property
    def summary(self) -> str:
        if not self.text:
            return ""
        count = formats.number(len(self.rows))
        if self.next_url or self.after:
            return ngettext("%(count)s message so far", "%(count)s messages so far", len(self.rows)) % {"count": count}
        return ngettext("%(count)s message", "%(count)s messages", len(self.rows)) % {"count": count}

    @cached_property
    def tokens_text(self) -> str:
        """The query as the person's language writes it: what stands in the field when a token is edited."""
        return query.unparse(self.parsed, get_language() or "en")

    @cached_property
    def tokens(self) -> list[Token]:
        texts = query.tokens(self.parsed, get_language() or "en")
        made: list[Token] = []
        for place, text in enumerate(texts):
            before = " ".join([*texts[:place], ""]) + text[: len(text) - len(_value_of(text))]
            start = _script_length(before)
            without = address_of(" ".join(texts[:place] + texts[place + 1 :]))
            made.append(Token(text, without, start, start + _script_length(_value_of(text))))
        return made

    @cached_property
    def problems(self) -> list[str]:
        return [problem.text for problem in self.found.problems]

    @property
    def not_indexed_words(self) -> str:
        count = self.found.not_indexed
        if not count:
            return ""
        return ngettext(
            "%(count)s message was not searched yet. It will be in a moment.",
            "%(count)s messages were not searched yet. They will be in a moment.",
            count,
        ) % {"count": formats.number(count)}

    @cached_property
    def asked_folders(self) -> list[str]:
        """The folders that the query names beside everything else it asks, as the person calls them."""
        return [name_of_folder(leaf.folder) for leaf in _conjuncts(self.parsed.tree) if isinstance(leaf, In)]

    @property
    def place_words(self) -> str:
        """Say where was looked."""
        if self.found.leaves_out_hidden:
            return _("Searched everywhere but Junk and Deleted.")
        if any(isinstance(leaf, In) and leaf.folder == ANYWHERE for leaf in _conjuncts(self.parsed.tree)):
            return _("Searched all folders, Junk and Deleted too.")
        if len(self.asked_folders) == 1:
            return _("Searched in %(folder)s.") % {"folder": self.asked_folders[0]}
        return _("Searched where you asked.")

    @cached_property
    def wider_url(self) -> str:
        """The same search in all folders, Junk and Deleted included; empty when it looks everywhere already."""
        if self.parsed.tree is None:
            return ""
        parts = _conjuncts(self.parsed.tree)
        if not self.found.leaves_out_hidden and (not self.asked_folders or In(ANYWHERE) in parts):
            return ""
        elsewhere = both([*(part for part in parts if not isinstance(part, In)), In(ANYWHERE)])
        return address_of(query.unparse(query.Query(elsewhere), get_language() or "en"))

    @property
    def next_url(self) -> str:
        if self.found.next_cursor is None:
            return ""
        return f"{reverse('mail:search')}?{urlencode({'q': self.text, 'after': self.found.next_cursor})}"

    @property
    def until(self) -> str:
        return self.found.next_cursor or ""

    @property
    def act_url(self) -> str:
        return reverse("mail:act_anywhere")

    @property
    def empty_text(self) -> str:
        if not self.text:
            return _("Write what you look for above: words, a name, or conditions such as from:luca has:attachment.")
        if self.found.next_cursor is not None:
            return _("Nothing found so far. There is more to look through.")
        if len(self.asked_folders) == 1 and self.wider_url:
            rest = [
                token.text
                for token, part in zip(self.tokens, _conjuncts(self.parsed.tree), strict=True)
                if not isinstance(part, In)
            ]
            if rest:
                values = {"query": " ".join(rest), "folder": self.asked_folders[0]}
                return _("No messages match %(query)s in %(folder)s.") % values
        return _("No messages match %(query)s.") % {"query": self.text}

    @property
    def options_url(self) -> str:
        """The same query as a form."""
        return f"{reverse('mail:search_options')}?{urlencode({'q': self.text})}"

    @property
    def save_url(self) -> str:
        return f"{reverse('mail:saved_searches')}?{urlencode({'q': self.text})}"

    @property
    def empty_action_url(self) -> str:
        return self.wider_url if self.text else self.options_url

    @property
    def empty_action(self) -> str:
        return _("Search all folders") if self.text else _("Search options")

    @property
    def script_values(self) -> list[tuple[str, object]]:
        return [
            ("in", "results"),
            ("act-url", self.act_url),
            ("role", ""),
            ("show", ""),
            ("modseq", 0),
            *list_pages.counted_rows(in_conversations=False).items(),
        ]


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    page = read(access.open_own_mailbox(request.actor), request.GET.get("q", ""), after=request.GET.get("after", ""))
    if is_partial(request) or request.GET.get("part") == "rows":
        return render(request, "mail/components/rows.html", {"list": page})
    return render(request, "mail/list.html", pages.list_context(request, page))


def read(mailbox: OpenMailbox, text: str, *, after: str = "") -> ResultPage:
    """Return a page of results."""
    text = text.strip()
    parsed = query.parse(text)
    found = queries.search(mailbox, parsed, after=after or None)
    names = {
        folder.pk: folders.name_of(folder, mailbox.keys) for folder in Folder.objects.filter(mailbox=mailbox.mailbox)
    }
    maker = RowMaker(mailbox, query=f"?{urlencode({'q': text})}", folder_names=names)
    return ResultPage(mailbox, text, parsed, found, [maker.message(row) for row in found.messages], after)


def name_of_folder(asked: str) -> str:
    """Return what the side pane calls a folder of a query: the standard ones in the active language."""
    return str(Folder.Role(asked).label) if asked in folders.ROLES_IN_ORDER else asked


def _conjuncts(tree: Tree | None) -> list[Tree]:
    """Return the conditions that must all hold, one for each token."""
    if tree is None:
        return []
    return list(tree.parts) if isinstance(tree, And) else [tree]


def _value_of(token: str) -> str:
    """Return what stands behind the operator's name; of other tokens all."""
    found = _OPERATOR.match(token)
    return found.group(1) if found else token


def _script_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
