"""The one place that makes HTML from strangers safe to show.

HTML is read into a tree the way browsers do (``html_tree``), filtered by bleach's sanitizer with a closed list of
elements, attributes, protocols and style (``css``), then rewritten: remote things are held back, inline images get
their place, links open elsewhere. What comes out is written from tokens, has no raw text and no foreign elements, and
must not be parsed and written again by anybody.

What a page has to know:

* all of it is inside ``<div class="wm-message">``, preceded by a ``<style>`` whose selectors cannot leave that element;
* a remote image has ``data-remote-src`` with its address, and as ``src`` what the caller's ``remote`` returned;
* a remote background is ``url('...')`` with what ``remote`` returned, or left out when that is empty;
* ``src="`` and ``url('`` stand nowhere else, not even in text, so that addresses can be replaced in one pass.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from bleach.sanitizer import BleachSanitizerFilter

from mailapp.mime import css, html_quotes, html_tree, limits
from mailapp.mime.html_text import html_to_preview, html_to_text
from mailapp.mime.plain_text import text_to_html

__all__ = [
    "SafeHtml",
    "html_to_preview",
    "html_to_text",
    "sanitize_for_editor",
    "sanitize_for_sending",
    "sanitize_html",
    "text_to_html",
]

_HTML: Final = "http://www.w3.org/1999/xhtml"
ROOT_CLASS: Final = "wm-message"
PREFIX: Final = "x-"  # of the message's own classes and ids, so that they mean nothing to the page

Token = dict[str, Any]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TAGS: Final = _words(
    """
    a abbr acronym address area article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del
    details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li
    main map mark menu nav nobr ol p pre q rp rt ruby s samp section small span strike strong sub summary sup table
    tbody td tfoot th thead time tr tt u ul var wbr
    """
)
_WITH_CONTENT: Final = _words(
    """
    applet audio base basefont bgsound canvas datalist embed frame frameset iframe input link math meta meter
    noembed noframes noscript object optgroup option output param progress script select source
    style svg template title track video xml
    """
)
_VOID: Final = _words("area br col hr img wbr")
_EVERYWHERE: Final = _words("align bgcolor class dir height id lang role style title valign width")
_ATTRIBUTES: Final = {
    "a": _words("href name"),
    "abbr": frozenset(),
    "blockquote": _words("type"),
    "area": _words("alt coords href shape"),
    "col": _words("span"),
    "colgroup": _words("span"),
    "details": _words("open"),
    "font": _words("color face size"),
    "hr": _words("color noshade size"),
    "img": _words("alt border data-remote-src hspace src srcset usemap vspace"),
    "li": _words("type value"),
    "map": _words("name"),
    "ol": _words("reversed start type"),
    "table": _words("background border bordercolor cellpadding cellspacing frame rules summary"),
    "tbody": _words("background"),
    "td": _words("abbr background colspan nowrap rowspan scope"),
    "th": _words("abbr background colspan nowrap rowspan scope"),
    "time": _words("datetime"),
    "tr": _words("background"),
    "ul": _words("type"),
    "div": _words("background"),
}
_BOOLEAN: Final = _words("noshade nowrap open reversed")
_PROTOCOLS: Final = _words("http https mailto tel cid data part remote")

_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_PLAIN_VALUE: Final = re.compile(r"[\w #%.,+*()/-]{0,200}")
_INSIDE_URL: Final = re.compile(r"[\t\n\r\x00-\x1f\x7f]")
_LINK: Final = re.compile(r"(?:https?:|mailto:|tel:)", re.IGNORECASE)
_REMOTE: Final = re.compile(r"https?://[^/\s]", re.IGNORECASE)
_BARE_HOST: Final = re.compile(
    r"(?:www\.)?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,24}(?:[/?#:].*)?", re.IGNORECASE
)
_DATA_IMAGE: Final = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/]+={0,2}", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LONGEST_URL: Final = 4_000
_MOST_REMOTE: Final = 3_000
_MOST_CLASSES: Final = 20


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """``blocked`` counts the places where something remote was held back; ``remote_urls`` says what, each once.

    ``quoted_html`` is the old part of the conversation if it stands at the end, safe and complete by itself, and
    ``html`` then goes without it. ``notice`` is empty, ``html_too_large`` or ``html_too_complex``: the two are then the
    text of the message.
    """

    html: str
    remote_urls: tuple[str, ...]
    blocked: int
    quoted_html: str = ""
    notice: str = ""


def sanitize_html(html: str, *, inline: Mapping[str, str], remote: Callable[[str], str]) -> SafeHtml:
    """Make a message's HTML safe to show. Never raises; time grows with the length of the HTML only.

    Args:
        html: At most ``limits.MAX_HTML_CHARACTERS``; longer HTML is turned into text.
        inline: Address of the parts that may be shown inside, by Content-ID (without brackets) or Content-Location.
        remote: Returns what stands for a remote image as long as it is held back, or nothing.
    """
    safe = split_html(html, inline=inline, remote=remote, with_quote=False)
    return SafeHtml(safe.html, safe.remote_urls, safe.blocked, "", safe.notice)


def split_html(
    html: str, *, inline: Mapping[str, str], remote: Callable[[str], str], with_quote: bool = True
) -> SafeHtml:
    """Do what ``sanitize_html`` does, and put the quoted conversation at the end into ``quoted_html``."""
    tokens, rewriter, notice = _safe_tokens(html, _Rewriter(inline, remote))
    if notice:
        return SafeHtml(_wrap(f'<div class="wm-text">{text_to_html(html_to_text(html))}</div>', ""), (), 0, "", notice)
    style = rewriter.style_sheet()
    fresh, quoted = html_quotes.split(tokens, PREFIX) if with_quote else (tokens, [])
    return SafeHtml(
        _wrap(write(fresh), style),
        tuple(rewriter.remote_urls),
        rewriter.blocked,
        _wrap(write(quoted), "") if quoted else "",
    )


def sanitize_for_editor(html: str, *, inline: Mapping[str, str]) -> str:
    """Return HTML to quote in a composer: no style sheet, no classes; remote images only as ``data-remote-src``."""
    tokens, _, notice = _safe_tokens(html, _Rewriter(inline, lambda _: "", keeps_names=False))
    return f"<p>{text_to_html(html_to_text(html))}</p>" if notice else write(tokens)


def sanitize_for_sending(html: str, *, inline: Mapping[str, str]) -> str:
    """Return what somebody wrote in the composer as HTML for a message.

    Images held back while quoting get their address again; ``inline`` turns the composer's addresses of inline images
    into ``cid:`` ones.
    """
    tokens, _, notice = _safe_tokens(html, _Rewriter(inline, lambda url: url, keeps_names=False, is_outgoing=True))
    return f"<p>{text_to_html(html_to_text(html))}</p>" if notice else write(tokens)


def _wrap(html: str, style: str) -> str:
    return f'{f"<style>{style}</style>" if style else ""}<div class="{ROOT_CLASS}">{html}</div>'


def _safe_tokens(html: str, rewriter: "_Rewriter") -> tuple[list[Token], "_Rewriter", str]:
    if len(html) > limits.MAX_HTML_CHARACTERS:
        return [], rewriter, "html_too_large"
    try:
        tree = html_tree.parse(html)
    except html_tree.TooComplex:
        return [], rewriter, "html_too_complex"
    source = _walk(tree, rewriter.style_sheets)
    return list(rewriter.rewrite(_Filter(source, css.MessageStyle(rewriter.background)))), rewriter, ""


def _walk(root: html_tree.Node, style_sheets: list[str]) -> Iterator[Token]:
    """Give the tree as bleach wants it, without the elements that go with their content."""
    waiting: list[Any] = [iter(root.content)]
    names: list[str] = []
    while waiting:
        child = next(waiting[-1], None)
        if child is None:
            waiting.pop()
            if names:
                yield {"type": "EndTag", "name": names.pop(), "namespace": None}
            continue
        if isinstance(child, str):
            yield {"type": "Characters", "data": child}
            continue
        name = child.name
        if child.namespace not in (None, _HTML) or name in _WITH_CONTENT:
            if name == "style" and child.namespace == _HTML:
                style_sheets.append("".join(text for text in child.content if isinstance(text, str)))
            continue
        attributes = child.attributes
        if name == "body" and (attributes := _body_attributes(attributes)):
            name = "div"
        token = {
            "type": "EmptyTag" if name in _VOID else "StartTag",
            "name": name,
            "namespace": None,
            "data": {(None, key): value for key, value in attributes.items() if isinstance(key, str)},
        }
        yield token
        if name not in _VOID:
            names.append(name)
            waiting.append(iter(child.content))


def _body_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """The body becomes an element of the message; what only a body can say is said by style."""
    style = [attributes.get("style", "")]
    for name, what in (("bgcolor", "background-color"), ("text", "color")):
        if value := attributes.get(name):
            style.insert(0, f"{what}:{value}")
    kept = {name: attributes[name] for name in ("class", "dir", "id", "lang", "background") if name in attributes}
    return {**kept, "style": ";".join(filter(None, style))} if any(style) else kept


class _Filter(BleachSanitizerFilter):
    """Bleach's filter with the lists of this module. Character references are resolved already, in text and values."""

    def __init__(self, source: Iterable[Token], style: css.MessageStyle) -> None:
        super().__init__(
            source=source,
            allowed_tags=TAGS,
            attributes=_is_allowed,
            allowed_protocols=_PROTOCOLS,
            strip_disallowed_tags=True,
            strip_html_comments=True,
            css_sanitizer=style,
        )

    def sanitize_characters(self, token: Token) -> Token:
        token["data"] = _CONTROL.sub("", token["data"])
        return token


def _is_allowed(tag: str, name: str, value: str) -> bool:
    return (name in _EVERYWHERE or name in _ATTRIBUTES.get(tag, ())) and len(value) < limits.MAX_HTML_CHARACTERS


@dataclass(slots=True)
class _Rewriter:
    inline: Mapping[str, str]
    remote: Callable[[str], str]
    keeps_names: bool = True
    is_outgoing: bool = False
    style_sheets: list[str] = field(default_factory=list)
    remote_urls: dict[str, None] = field(default_factory=dict)
    blocked: int = 0

    def rewrite(self, tokens: Iterable[Token]) -> Iterator[Token]:
        for token in tokens:
            if token["type"] in ("StartTag", "EmptyTag"):
                token["data"] = self._attributes(
                    token["name"], {name: value for (_, name), value in token["data"].items()}
                )
            yield token

    def style_sheet(self) -> str:
        if not self.style_sheets or not self.keeps_names:
            return ""
        style = css.scope("\n".join(self.style_sheets), root=ROOT_CLASS, prefix=PREFIX, resolve=self.background)
        return style.replace("<", "")  # there is none; a closing tag must be impossible here

    def background(self, url: str) -> str:
        """Return what may stand in ``url()``."""
        url = _tidy(url)
        return self._local(url) or (self._hold_back(url) if _is_remote(url) else "")

    def _attributes(self, tag: str, old: dict[str, str]) -> dict[str, str]:
        new: dict[str, str] = {}
        for name, value in old.items():
            match name:
                case "class":
                    value = self._classes(value)
                case "id" | "name":
                    value = f"{PREFIX}{value}" if self.keeps_names and _NAME.fullmatch(value) else ""
                case "href":
                    self._link(new, value)
                    continue
                case "src" | "srcset" | "data-remote-src" | "background" | "usemap":
                    continue
                case _ if name in _BOOLEAN:
                    new[name] = ""
                    continue
                case "role":
                    value = value if value in ("presentation", "none") else ""
                case "alt" | "title" | "summary":
                    value = "" if tag == "a" else value[:2000]  # no second address beside the true one
                    if name == "alt":
                        new[name] = value
                        continue
                case "style":
                    pass
                case _:
                    value = value if _PLAIN_VALUE.fullmatch(value) else ""
            if value:
                new[name] = value
        if tag == "img":
            self._image(new, old)
        elif "background" in old and (address := self.background(old["background"])):
            safe = css.write((css.Declaration("background-image", ("", ""), (address,), False),), lambda url: url)
            new["style"] = ";".join(filter(None, (new.get("style"), safe)))
        return new

    def _classes(self, value: str) -> str:
        if not self.keeps_names:
            return ""
        return " ".join(f"{PREFIX}{name}" for name in value.split()[:_MOST_CLASSES] if _NAME.fullmatch(name))

    def _link(self, new: dict[str, str], value: str) -> None:
        href = safe_link(value)
        if href:
            new["href"] = href
            if not self.is_outgoing:
                new["target"] = "_blank"
                new["rel"] = "noopener noreferrer nofollow"

    def _image(self, new: dict[str, str], old: dict[str, str]) -> None:
        if self.keeps_names and _NAME.fullmatch(old.get("usemap", "").lstrip("#")):
            new["usemap"] = f"#{PREFIX}{old['usemap'].lstrip('#')}"
        candidates = (
            old.get("src", ""),
            old.get("data-remote-src", ""),
            old.get("srcset", "").split(",")[0].split(" ")[0],
        )
        for url in map(_tidy, candidates):
            if local := self._local(url):
                new["src"] = local
                return
            if _is_remote(url):
                url = f"https:{url}" if url.startswith("//") else url
                if address := self._hold_back(url):
                    new["src"] = address
                if not self.is_outgoing and url in self.remote_urls:
                    new["data-remote-src"] = url
                return

    def _local(self, url: str) -> str:
        """Return where something that came with the message is, or the data itself."""
        if not url:
            return ""
        if url[:4].lower() == "cid:":
            content_id = unquote(url[4:]).strip().strip("<>")
            return self.inline.get(content_id) or self.inline.get(content_id.lower()) or ""
        if url[:5].lower() == "data:":
            kind, _, data = "".join(url.split()).partition(",")
            return f"{kind.lower()},{data}" if _DATA_IMAGE.fullmatch(f"{kind},{data}") else ""
        return self.inline.get(url, "")

    def _hold_back(self, url: str) -> str:
        url = f"https:{url}" if url.startswith("//") else url
        self.blocked += 1
        if url not in self.remote_urls:
            if len(url) > _LONGEST_URL or len(self.remote_urls) >= _MOST_REMOTE:
                return ""
            self.remote_urls[url] = None
        return self.remote(url)


def _tidy(url: str) -> str:
    """Take out of an address what browsers take out."""
    return _INSIDE_URL.sub("", url).strip()


def _is_remote(url: str) -> bool:
    return bool(_REMOTE.match(url)) or (url.startswith("//") and len(url) > 2)


def safe_link(value: str) -> str:
    """Return the address a link may lead to, or nothing."""
    url = _tidy(value)
    if len(url) > _LONGEST_URL * 2:
        return ""
    if _LINK.match(url):
        return url
    if url.startswith("//"):
        return f"https:{url}"
    return f"http://{url}" if _BARE_HOST.fullmatch(url) else ""


def write(tokens: Iterable[Token]) -> str:
    """Write tokens as HTML.

    Quotes are escaped wherever they are not markup: ``src="`` and ``url('`` can only be an image and a background,
    so a page may look for them without reading HTML.
    """
    pieces: list[str] = []
    is_after_pre = False
    for token in tokens:
        kind = token["type"]
        if kind == "Characters":
            text = token["data"]
            if is_after_pre and text.startswith("\n"):
                pieces.append("\n")  # a parser drops the first
            pieces.append(_escape(text))
        elif kind in ("StartTag", "EmptyTag"):
            attributes = "".join(f' {name}="{_escape_value(name, value)}"' for name, value in token["data"].items())
            pieces.append(f"<{token['name']}{attributes}>")
        elif kind == "EndTag":
            pieces.append(f"</{token['name']}>")
        is_after_pre = kind == "StartTag" and token["name"] == "pre"
    return "".join(pieces)


_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;"},
)
_TO_ESCAPE: Final = re.compile("[&<>\"'`]")


def _escape(text: str) -> str:
    return text.translate(_ESCAPES) if _TO_ESCAPE.search(text) else text


def _escape_value(name: str, value: str) -> str:
    return _escape(value).replace("&#39;", "'") if name == "style" else _escape(value)
