"""HTML to tokens, as the HTML standard's tokenizer does it (§13.2.5), in time that grows only with the length.

The tokens are those that html5lib's tree construction takes, so this stands in for html5lib's own tokenizer, which
reads character by character and is quadratic for many attributes, entities or dashes. Differences, none of which
matters to text that is sanitized afterwards: NUL is dropped beforehand, a script ends at its first end tag, of one
tag's attributes only the first ones are kept, and errors are not reported.
"""

import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Any, Final

from html5lib.constants import tokenTypes

Token = dict[str, Any]

CHARACTERS: Final = tokenTypes["Characters"]
SPACE: Final = tokenTypes["SpaceCharacters"]
START_TAG: Final = tokenTypes["StartTag"]
END_TAG: Final = tokenTypes["EndTag"]
COMMENT: Final = tokenTypes["Comment"]
DOCTYPE: Final = tokenTypes["Doctype"]

# Elements whose content is not markup; html5lib's tree construction says so itself, ``tokenize`` goes by the name.
RAW_TEXT: Final = frozenset(("style", "script", "xmp", "iframe", "noembed", "noframes", "noscript"))
ESCAPABLE_RAW_TEXT: Final = frozenset(("title", "textarea"))

_MOST_ATTRIBUTES: Final = 100
_SPACES: Final = "\t\n\f\r "
_TAG_NAME: Final = re.compile(r"[A-Za-z][^\t\n\f />]*")
_ATTRIBUTE: Final = re.compile(
    r"""[\t\n\f /]*([^\t\n\f />][^\t\n\f />=]*)
    (?:[\t\n\f ]*=[\t\n\f ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f >"'][^\t\n\f >]*)|(?=>)))?""",
    re.VERBOSE,
)
_TAG_END: Final = re.compile(r"[\t\n\f /]*>")
_EQUALS_SIGN: Final = re.compile(r"[\t\n\f ]*=")
_RUN: Final = re.compile("<+")
_COMMENT_END: Final = re.compile(r"--!?>")
_HUGE_NUMBER: Final = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9A-Fa-f]{7,});?")
_REFERENCE: Final = re.compile(r"&(?:#[xX][0-9A-Fa-f]+;?|#[0-9]+;?|[A-Za-z][A-Za-z0-9]{0,40};?)")
_END_TAG_OF: Final[dict[str, re.Pattern[str]]] = {}


class _Stream:
    """What html5lib asks its tokenizer about the input."""

    charEncoding = ("utf-8", "certain")

    def position(self) -> tuple[int, int]:
        return 1, 0


class Tokenizer:
    """Iterate to get tokens. ``state`` is set by html5lib's tree construction after a start tag."""

    dataState = "data"
    rcdataState = "rcdata"
    rawtextState = "rawtext"
    scriptDataState = "script"
    plaintextState = "plaintext"

    def __init__(self, text: str, *, parser: Any = None) -> None:
        self.text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
        self.state = self.dataState
        self.stream = _Stream()
        self._parser = parser  # to know whether CDATA sections count

    def __iter__(self) -> Iterator[Token]:
        text, length, position = self.text, len(self.text), 0
        while position < length:
            found = text.find("<", position)
            if found != position:
                found = length if found < 0 else found
                yield from _characters(unescape(text[position:found]))
                position = found
                continue
            following = text[position + 1 : position + 2]
            if following.isascii() and following.isalpha():
                token, position = self._start_tag(position)
                if token is None:
                    return
                yield token
                if self.state != self.dataState:
                    content, position = self._raw_content(token["name"], position)
                    if content:
                        yield from _characters(content)
                    self.state = self.dataState
            elif following == "/":
                token, position = self._end_tag(position)
                if token:
                    yield token
            elif following == "!":
                token, position = self._declaration(position)
                if token["type"] == CHARACTERS:
                    yield from _characters(token["data"])
                else:
                    yield token
            elif following == "?":
                position = self._after(">", position)
            else:
                run = _RUN.match(text, position)
                end = run.end() if run else position + 1
                if end > position + 1 and end < length and (text[end] in "/!?" or text[end].isalpha()):
                    end -= 1
                yield {"type": CHARACTERS, "data": text[position:end]}
                position = end

    def _after(self, end: str, position: int) -> int:
        found = self.text.find(end, position)
        return len(self.text) if found < 0 else found + len(end)

    def _start_tag(self, position: int) -> tuple[Token | None, int]:
        found = _TAG_NAME.match(self.text, position + 1)
        assert found
        attributes, end, is_closed = self._attributes(found.end())
        if end < 0:
            return None, len(self.text)
        token = {
            "type": START_TAG,
            "name": found.group().lower(),
            "data": attributes,
            "selfClosing": is_closed,
            "selfClosingAcknowledged": False,
        }
        return token, end

    def _end_tag(self, position: int) -> tuple[Token | None, int]:
        found = _TAG_NAME.match(self.text, position + 2)
        if found is None:
            if position + 2 >= len(self.text):
                return {"type": CHARACTERS, "data": "</"}, len(self.text)
            return None, self._after(">", position)  # "</>" or a comment that does not know it is one
        _, end, _ = self._attributes(found.end())
        if end < 0:
            return None, len(self.text)
        return {"type": END_TAG, "name": found.group().lower(), "data": {}, "selfClosing": False}, end

    def _attributes(self, position: int) -> tuple[dict[str, str], int, bool]:
        """Return the attributes, where the tag ends (-1: the text ends first) and whether it says ``/>``."""
        text = self.text
        attributes: dict[str, str] = {}
        while True:
            end = _TAG_END.match(text, position)
            if end:
                return attributes, end.end(), text[end.end() - 2] == "/"
            found = _ATTRIBUTE.match(text, position)
            if found is None:
                return attributes, -1, False
            position = found.end()
            name, *values = found.groups()
            value = next((value for value in values if value is not None), None)
            if value is None and _EQUALS_SIGN.match(text, position):
                return attributes, -1, False  # an open quote
            if len(attributes) < _MOST_ATTRIBUTES:
                attributes.setdefault(name.lower(), unescape_in_attribute(value or ""))

    def _declaration(self, position: int) -> tuple[Token, int]:
        text = self.text
        if text.startswith("<!--", position):
            if text.startswith((">", "->"), position + 4):
                return {"type": COMMENT, "data": ""}, self._after(">", position)
            found = _COMMENT_END.search(text, position + 4)
            return {"type": COMMENT, "data": ""}, found.end() if found else len(text)
        if text[position + 2 : position + 9].lower() == "doctype":
            end = self._after(">", position)
            # Every doctype counts as that of HTML: quirks change only where a table ends a paragraph.
            return {"type": DOCTYPE, "name": "html", "publicId": None, "systemId": None, "correct": True}, end
        if text.startswith("<![CDATA[", position) and self._is_in_foreign_content():
            end = self._after("]]>", position)
            return {"type": CHARACTERS, "data": text[position + 9 : end].removesuffix("]]>")}, end
        return {"type": COMMENT, "data": ""}, self._after(">", position)

    def _is_in_foreign_content(self) -> bool:
        tree = getattr(self._parser, "tree", None)
        return bool(tree and tree.openElements and tree.openElements[-1].namespace != tree.defaultNamespace)

    def _raw_content(self, name: str, position: int) -> tuple[str, int]:
        if self.state == self.plaintextState:
            return self.text[position:], len(self.text)
        pattern = _END_TAG_OF.get(name)
        if pattern is None:
            pattern = re.compile(rf"</{re.escape(name)}(?=[\t\n\f />])", re.IGNORECASE)
            if len(_END_TAG_OF) < 50:
                _END_TAG_OF[name] = pattern
        found = pattern.search(self.text, position)
        end = found.start() if found else len(self.text)
        content = self.text[position:end]
        return (unescape(content) if self.state == self.rcdataState else content), end


def tokenize(text: str) -> Iterator[Token]:
    """Return tokens without any tree: good for reading the words of a text."""
    tokenizer = Tokenizer(text)
    for token in tokenizer:
        if token["type"] == START_TAG:
            if token["name"] in RAW_TEXT:
                tokenizer.state = tokenizer.rawtextState
            elif token["name"] in ESCAPABLE_RAW_TEXT:
                tokenizer.state = tokenizer.rcdataState
            elif token["name"] == "plaintext":
                tokenizer.state = tokenizer.plaintextState
        yield token


def _characters(text: str) -> Iterator[Token]:
    """Tree construction wants leading white space apart from the rest."""
    stripped = text.lstrip(_SPACES)
    if len(stripped) != len(text):
        yield {"type": SPACE, "data": text[: len(text) - len(stripped)]}
    if stripped:
        yield {"type": CHARACTERS, "data": stripped}


def unescape(text: str) -> str:
    """Resolve character references in text."""
    if "&" not in text:
        return text
    return html.unescape(_HUGE_NUMBER.sub("\ufffd", text)).replace("\0", "\ufffd")


def unescape_in_attribute(value: str) -> str:
    """Resolve character references in an attribute: ``&copy=1`` is no reference there."""
    if "&" not in value:
        return value

    def resolve(found: re.Match[str]) -> str:
        reference = found.group()
        if reference[1] == "#":
            return unescape(reference)
        name = reference[1:]
        if name.endswith(";"):
            return html5.get(name, reference)
        following = value[found.end() : found.end() + 1]
        return reference if following == "=" else html5.get(name, reference)

    return _REFERENCE.sub(resolve, value)
