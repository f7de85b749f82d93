"""An open list, as the script keeps it: it knows what it loaded and what ``changes`` told it, and nothing else."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from mailapp.access import OpenFolder

JSON = {"HTTP_ACCEPT": "application/json"}


class _Rows(HTMLParser):
    """The rows of a fragment in their order, with what the page must know of the list."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, str]] = []
        self.values: dict[str, str] = {}
        self.until: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name.removeprefix("data-"): value or "" for name, value in attrs}
        if values.get("class", "").split()[:1] == ["row"]:
            self.rows.append(values)
        elif "grid" in values:
            self.values = values
        elif "more" in values:
            self.until = values["until"]


@dataclass
class PageModel:
    """``held`` maps a row's name to what it shows; the order of the list is that of ``order``, largest first."""

    client: Client
    folder: OpenFolder
    show: str = ""
    modseq: int = 0
    after: str = ""
    until: str = ""
    held: dict[str, dict[str, str]] = field(default_factory=dict)
    compared: int = 0

    def load(self, after: str = "") -> "PageModel":
        query = {"show": self.show, "after": after}
        page = self.client.get(reverse("mail:folder", args=[self.folder.folder.pk]), query).content.decode()
        parsed = _parsed(page)
        self.after, self.modseq = after, int(parsed.values["modseq"])
        self.until = parsed.values["until"]
        self.held = {row["name"]: row for row in parsed.rows}
        return self

    def load_more(self) -> None:
        if not self.until:
            return
        query = {"show": self.show, "after": self.until, "part": "rows"}
        fragment = self.client.get(reverse("mail:folder", args=[self.folder.folder.pk]), query).content.decode()
        parsed = _parsed(fragment)
        for row in parsed.rows:
            self.held.setdefault(row["name"], row)
        self.until = parsed.until or ""

    def refresh(self) -> None:
        stretch = {"show": self.show, "after": self.after, "until": self.until}
        url = reverse("mail:changes", args=[self.folder.folder.pk])
        answer = self.client.get(url, {**stretch, "since": self.modseq}, **JSON).json()
        self._apply(answer)
        if answer["compare"] or answer["check"] != self.check():
            self.compared += 1
            held = ",".join(f"{name}:{row['version']}" for name, row in self.held.items())
            answer = self.client.post(url, {**stretch, "held": held}, **JSON).json()
            self._apply(answer)
            assert answer["check"] == self.check()

    def check(self) -> int:
        return sum(int(row["version"], 16) for row in self.held.values()) % (1 << 32)

    def _apply(self, answer: dict[str, Any]) -> None:
        self.modseq = answer["modseq"]
        for name in answer["removed"]:
            self.held.pop(name, None)
        for change in answer["rows"]:
            [row] = _parsed(change["html"]).rows
            assert (row["name"], row["order"], row["version"]) == (change["name"], change["order"], change["version"])
            self.held[change["name"]] = row

    def rows(self) -> list[dict[str, str]]:
        """What a person sees, from the top."""
        return sorted(self.held.values(), key=lambda row: row["order"], reverse=True)


def _parsed(html: str) -> _Rows:
    parser = _Rows()
    parser.feed(html)
    return parser


def until_of(model: PageModel, fresh: PageModel) -> PageModel:
    """Load ``fresh`` as far down as ``model`` has loaded."""
    while fresh.until and len(fresh.held) < len(model.held):
        fresh.load_more()
    return fresh
