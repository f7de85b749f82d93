"""What the filter looks at in a message: words, and marks of where it comes from. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Final

from mailapp.mime.html_text import html_to_text
from mailapp.mime.model import ParsedMessage

MOST: Final = 400  # of one message: the header's first, then the text in its order
_MOST_TEXT: Final = 20_000  # characters
_SHORT_TEXT: Final = 200
_WORD: Final = re.compile(r"[^\W_](?:[^\W_]|['’$€£%-](?=[^\W_])){1,24}")
_LINK: Final = re.compile(r"https?://([^\s/<>\"'?#]{3,80})", re.IGNORECASE)
_MONEY: Final = re.compile(r"[$€£₽]\s?\d|\d\s?[$€£₽]")


def of(parsed: ParsedMessage) -> list[str]:
    """Return the distinct tokens of a message."""
    return list(islice(dict.fromkeys(_all(parsed)), MOST))


def _all(parsed: ParsedMessage) -> Iterator[str]:
    for person in parsed.from_[:1]:
        address = person.addr_spec.casefold()
        yield f"from:{address}"
        yield f"domain:{address.rpartition('@')[2]}"
        yield from (f"name:{word}" for word in _words(person.display_name))
    for person in parsed.reply_to[:1]:
        yield f"reply:{person.addr_spec.casefold().rpartition('@')[2]}"
    if parsed.list_id:
        yield f"list:{parsed.list_id}"
    yield from (f"subject:{word}" for word in _words(parsed.subject))
    if parsed.subject.isupper():
        yield "mark:capitals"
    for part in parsed.attachments[:10]:
        yield f"file:{part.file_name.rpartition('.')[2].lower()[:8]}"
    text = parsed.text
    if parsed.html is not None:
        yield "mark:html"
        if len(text) < _SHORT_TEXT:
            text = f"{text}\n{html_to_text(parsed.html[: _MOST_TEXT * 5])}"
    text = text[:_MOST_TEXT]
    for host in _LINK.findall(f"{text} {(parsed.html or '')[: _MOST_TEXT * 2]}"):
        yield f"link:{host.lower().rpartition('@')[2].partition(':')[0]}"
    if _MONEY.search(text):
        yield "mark:money"
    yield from _words(_LINK.sub(" ", text))


def _words(text: str) -> Iterator[str]:
    for found in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        word = found.group()
        if not word.isdecimal():
            yield word
