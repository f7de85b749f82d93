"""Plain text for a page: escaped, links made, quotes and signature marked. Needs ``white-space: pre-wrap``."""

import re
from html import escape
from typing import Final

from mailapp.mime import quoting

_DEEPEST_QUOTE: Final = 8
_LONGEST_LINK: Final = 2000
_LINK: Final = re.compile(
    r"""\b(?P<url>https?://[^\s<>"`{}|\\^]{1,4000}|www\.[A-Za-z0-9][^\s<>"`{}|\\^]{3,4000})
    |\b(?:mailto:)?(?P<address>[A-Za-z0-9][\w.+=-]{0,63}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24})\b""",
    re.VERBOSE | re.IGNORECASE,
)
_TRAILING: Final = ".,;:!?'*_~»”’…。、，"
_PAIRS: Final = {")": "(", "]": "["}
LINK_ATTRIBUTES: Final = 'target="_blank" rel="noopener noreferrer nofollow"'
# Controls that a browser would show as boxes, and those that turn the direction of reading.
_UNWANTED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def text_to_html(text: str, *, flowed: bool = False, delsp: bool = False) -> str:
    """Return the text as HTML: quotes in ``blockquote class="q1"`` (q2 ...), the signature in ``div class="sig"``.

    Line ends stay line ends. ``flowed`` and ``delsp`` are the parameters of ``format=flowed``.
    """
    if flowed:
        text = quoting.unflow(text, delsp=delsp)
    pieces: list[str] = []
    depth, is_signature = 0, False
    for line in _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n").split("\n"):
        line_depth, rest = quoting.depth_of(line)
        line_depth = min(line_depth, _DEEPEST_QUOTE)
        if line_depth != depth:
            if is_signature:
                pieces.append("</div>")
                is_signature = False
            pieces.extend("</blockquote>" for _ in range(line_depth, depth))
            pieces.extend(f'<blockquote class="q{level}">' for level in range(depth + 1, line_depth + 1))
            depth = line_depth
        if line == "-- " and not is_signature:
            pieces.append('<div class="sig">')
            is_signature = True
        pieces.append(link(rest))
        pieces.append("\n")
    if is_signature:
        pieces.append("</div>")
    pieces.extend("</blockquote>" for _ in range(depth))
    return "".join(pieces)


def link(line: str) -> str:
    """Escape one line and make links of the web and mail addresses in it."""
    if "://" not in line and "@" not in line and "www." not in line.lower():
        return escape(line, quote=False)
    pieces: list[str] = []
    position = 0
    for found in _LINK.finditer(line):
        if found.start() < position:
            continue
        pieces.append(escape(line[position : found.start()], quote=False))
        if address := found.group("address"):
            href, shown, position = f"mailto:{address}", found.group(), found.end()
        else:
            shown = _trim(found.group("url"))
            position = found.start() + len(shown)
            href = shown if "://" in shown[:8] else f"https://{shown}"
        if len(shown) > _LONGEST_LINK:
            pieces.append(escape(shown, quote=False))
        else:
            pieces.append(f'<a href="{escape(href)}" {LINK_ATTRIBUTES}>{escape(shown, quote=False)}</a>')
    pieces.append(escape(line[position:], quote=False))
    return "".join(pieces)


def _trim(url: str) -> str:
    """Leave out the full stop of the sentence and the bracket around the address."""
    while url:
        last = url[-1]
        if last in _TRAILING or (last in _PAIRS and url.count(last) > url.count(_PAIRS[last])):
            url = url[:-1]
        else:
            break
    return url
