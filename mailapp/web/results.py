"""Searching: what was asked as tokens, where was looked, and the matching messages as a list like any other."""

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
from mailapp.search import queries, query
from mailapp.store import folders
from mailapp.store.models import Folder
from mailapp.web import list_pages, pages
from mailapp.web.rows import Row, RowMaker
from workmail.ui import formats
from workmail.ui.refusals import is_partial


@dataclass(frozen=True, slots=True)
class Token:
    """One condition of the query as the person's language writes it, and the query without it."""

    text: str
    url_without: str


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
        return _("Search results")

    @property
    def title(self) -> str:
        return self.text or _("Search")

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
    def tokens(self) -> list[Token]:
        texts = query.tokens(self.parsed, get_language() or "en")
        return [
            Token(text, address_of(" ".join(texts[:place] + texts[place + 1 :]))) for place, text in enumerate(texts)
        ]

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

    @property
    def place_words(self) -> str:
        """Say where was looked."""
        if self.found.leaves_out_hidden:
            return _("Searched everywhere but Junk and Deleted.")
        return _("Searched where you asked.")

    @property
    def wider_url(self) -> str:
        """The same search in all folders, Junk and Deleted included."""
        return address_of(f"{self.text} in:anywhere") if self.found.leaves_out_hidden and self.text else ""

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
        return _("No messages match %(query)s.") % {"query": self.text}

    @property
    def empty_action_url(self) -> str:
        return self.wider_url

    @property
    def empty_action(self) -> str:
        return _("Search all folders")

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


def address_of(text: str) -> str:
    return f"{reverse('mail:search')}?{urlencode({'q': text})}"
