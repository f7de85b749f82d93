"""HTML to readable text: for the plain alternative, for previews, for searching. Works on tokens, without a tree."""

import re
from collections.abc import Iterator
from typing import Final

from mailapp.mime import limits
from mailapp.mime.html_tokens import CHARACTERS, END_TAG, SPACE, START_TAG, Token, tokenize


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SILENT: Final = _words(
    "head style script title template noscript svg math iframe object embed applet audio video canvas select datalist "
    "noembed noframes xml"
)
_BLOCKS: Final = _words(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody tfoot thead tr ul"
)
_PARAGRAPHS: Final = _words("p h1 h2 h3 h4 h5 h6 blockquote ul ol dl pre table")
_VOID: Final = _words("area base br col embed hr img input link meta param source track wbr")
_HIDDEN_STYLE: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|\Z)",
    re.IGNORECASE,
)
# Zero-width characters, soft hyphens and the fillers that newsletters put behind their first line.
# The two joiners stay where they join: Persian and emoji are written with them.
_INVISIBLE: Final = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]+"
)
_LOOSE_JOINER: Final = re.compile(r"(?<![^\x00-\x7f\s])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f\s])")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WHITE: Final = re.compile(r"[ \t\n\f\r]+")
_DEEPEST_LIST: Final = 10
_DEEPEST_QUOTE: Final = 8
_MOST_OPEN: Final = 400


def html_to_text(html: str) -> str:
    """Return what the HTML says: links with their addresses behind them, lists, quotes as ``> ``, tables as lines."""
    return _Reader(with_addresses=True, with_hidden=False).read(html)


def html_to_preview(html: str) -> str:
    """Return the beginning in one line; what newsletters hide in front of their text is meant for this place."""
    text = _Reader(with_addresses=False, with_hidden=True, without_quotes=True, most=4_000).read(html[:200_000])
    return to_preview(text)


def to_preview(text: str) -> str:
    """Return at most 200 characters in one line, without invisible ones and without quoted lines."""
    fresh = (line for line in text[:20_000].split("\n") if not line.startswith(">"))
    line = " ".join(visible(_CONTROL.sub(" ", " ".join(fresh))).split())
    return shortened(line, limits.MAX_PREVIEW_CHARACTERS)


def shortened(line: str, most: int) -> str:
    """Return the line, or its beginning with an ellipsis, cut after a word where one ends."""
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    at_blank = cut.rpartition(" ")[0]
    return (at_blank if len(at_blank) > most * 3 // 4 else cut).rstrip(" …") + "…"


def visible(text: str) -> str:
    return _LOOSE_JOINER.sub("", _INVISIBLE.sub("", text))


class _Reader:
    """Collects lines. ``_pending`` counts the line ends that the next word has to bring along."""

    def __init__(
        self,
        *,
        with_addresses: bool,
        with_hidden: bool,
        without_quotes: bool = False,
        most: int = limits.MAX_TEXT_CHARACTERS,
    ) -> None:
        self._with_addresses, self._with_hidden, self._without_quotes = with_addresses, with_hidden, without_quotes
        self._most, self._length = most, 0
        self._pieces: list[str] = []
        self._pending, self._at_line_start, self._blank = 0, True, False
        self._lists: list[int] = []  # next number of an ordered list, -1 for others
        self._quotes, self._quotes_before, self._preformatted = 0, 0, 0
        self._link, self._link_start = "", 0
        self._cells = 0

    def read(self, html: str) -> str:
        for token in self._visible(tokenize(html)):
            kind = token["type"]
            if kind == START_TAG:
                self._start(token)
            elif kind == END_TAG:
                self._end(token["name"])
            elif self._without_quotes and self._quotes:
                continue
            elif self._preformatted:
                self._preformatted_text(token["data"])
            else:
                self._words(token["data"])
            if self._length > self._most:
                break
        return visible("".join(self._pieces)).strip("\n").rstrip()

    def _visible(self, tokens: Iterator[Token]) -> Iterator[Token]:
        """Pass over what is never shown, and what is hidden by its style."""
        silent, depth = "", 0
        for token in tokens:
            kind = token["type"]
            if silent:
                if kind == START_TAG and token["name"] == silent and not token["selfClosing"]:
                    depth += 1
                elif kind == END_TAG and token["name"] == silent:
                    depth -= 1
                elif kind == START_TAG and token["name"] == "body" and silent == "head":
                    depth = 0
                    yield token
                if depth <= 0:
                    silent = ""
                continue
            if kind == START_TAG:
                name = token["name"]
                if name not in _VOID and not token["selfClosing"] and (name in _SILENT or self._is_hidden(token)):
                    silent, depth = name, 1
                    continue
                yield token
            elif kind in (END_TAG, CHARACTERS, SPACE):
                yield token

    def _is_hidden(self, token: Token) -> bool:
        if self._with_hidden or token["name"] in ("body", "html", "table"):
            return False
        attributes = token["data"]
        return "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style", "")[:2000]))

    def _start(self, token: Token) -> None:
        name, attributes = token["name"], token["data"]
        if name == "br":
            self._line_end(1, add=True)
        elif name == "hr":
            self._line_end(1)
            self._emit("-" * 20)
            self._line_end(1)
        elif name == "img":
            alt = _WHITE.sub(" ", attributes.get("alt", "")).strip()
            if alt and self._with_addresses and len(alt) < 500:
                self._words(f" [{alt}] ")
        elif name in ("td", "th"):
            self._cells += 1
            if self._cells > 1:
                self._blank = True
        elif name == "a":
            self._link, self._link_start = attributes.get("href", "").strip(), len(self._pieces)
        elif name in _BLOCKS:
            self._line_end(2 if name in _PARAGRAPHS and not (name in ("ul", "ol") and self._lists) else 1)
            self._open(name, attributes)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        if name == "tr":
            self._cells = 0
        elif name in ("ul", "ol") and len(self._lists) < _MOST_OPEN:
            start = attributes.get("start", "1")
            number = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1
            self._lists.append(number if name == "ol" else -1)
        elif name == "li":
            indent = "  " * (min(len(self._lists), _DEEPEST_LIST) - 1)
            if self._lists and self._lists[-1] >= 0:
                self._emit(f"{indent}{self._lists[-1]}. ")
                self._lists[-1] += 1
            else:
                self._emit(f"{indent}* ")
            self._at_line_start = True  # blanks after the mark are not wanted
        elif name == "blockquote":
            self._quotes += 1
        elif name == "pre":
            self._preformatted += 1

    def _end(self, name: str) -> None:
        if name == "a":
            self._end_link()
        elif name in _BLOCKS:
            self._line_end(2 if name in _PARAGRAPHS and not (name in ("ul", "ol") and len(self._lists) > 1) else 1)
            if name in ("ul", "ol") and self._lists:
                self._lists.pop()
            elif name == "blockquote":
                self._quotes = max(0, self._quotes - 1)
            elif name == "pre":
                self._preformatted = max(0, self._preformatted - 1)

    def _end_link(self) -> None:
        href, self._link = self._link, ""
        if not self._with_addresses or not href.lower().startswith(("http://", "https://", "mailto:")):
            return
        if len(href) > 2000 or any(letter <= " " for letter in href):
            return
        shown = "".join(self._pieces[self._link_start :]).strip()
        bare = href.removeprefix("mailto:").removeprefix("https://").removeprefix("http://").rstrip("/")
        if not shown or shown.removeprefix("https://").removeprefix("http://").rstrip("/") == bare:
            return
        self._blank = True
        self._emit(f"({href.removeprefix('mailto:')})")

    def _line_end(self, count: int, *, add: bool = False) -> None:
        self._pending = min(self._pending + count, 3) if add else max(self._pending, count)
        self._blank = False

    def _words(self, text: str) -> None:
        words = _WHITE.sub(" ", _CONTROL.sub("", text))
        if not words:
            return
        if words[0] == " ":
            self._blank = True
        stripped = words.strip(" ")
        if stripped:
            self._emit(stripped)
            self._at_line_start = False
            self._blank = words[-1] == " "

    def _preformatted_text(self, text: str) -> None:
        for number, line in enumerate(_CONTROL.sub("", text).split("\n")):
            if number:
                self._line_end(1, add=True)
            if line.strip():
                self._emit(line)
                self._at_line_start = False

    def _emit(self, text: str) -> None:
        quotes = min(self._quotes, _DEEPEST_QUOTE)
        quote = "> " * quotes
        if self._pending or not self._pieces:
            between = "\n" + ("> " * min(quotes, self._quotes_before)).rstrip()
            ends = between * (self._pending - 1) + "\n" if self._pieces and self._pending else ""
            self._pieces.append(ends + quote)
            self._length += len(ends) + len(quote)
            self._pending, self._at_line_start = 0, True
        elif self._blank and not self._at_line_start:
            self._pieces.append(" ")
        self._pieces.append(text)
        self._length += len(text) + 1
        self._blank, self._at_line_start, self._quotes_before = False, False, quotes
