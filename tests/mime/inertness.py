"""What it means that HTML is inert, checked by a parser that is not the sanitizer's."""

import re
from html.parser import HTMLParser

from mailapp.mime import sanitize

_EXECUTING = re.compile(r"(?i)^\s*(?:javascript|vbscript|data:text|data:application|blob|file|view-source|jar|mhtml)")
_CSS_FORBIDDEN = re.compile(
    r"(?i)expression|behavior|binding|@import|@font-face|position\s*:\s*(?:fixed|sticky|absolute)|<"
)
_CSS_URL = re.compile(r"(?i)url\(\s*['\"]?([^'\")]*)")
_ADDRESSES = frozenset(("href", "src", "action", "background", "poster", "data", "srcset", "formaction", "xlink:href"))
_MAY_NAME = re.compile(r"x-[A-Za-z0-9_.:-]+")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.open: list[str] = []
        self.style: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in sanitize.TAGS and tag != "style":
            self.problems.append(f"element {tag}")
        if tag not in ("br", "hr", "img", "wbr", "col", "area"):
            self.open.append(tag)
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or name in ("srcset", "poster", "action", "formaction", "ping", "is", "slot"):
            self.problems.append(f"attribute {name}")
        if name in _ADDRESSES and _EXECUTING.match(re.sub(r"[\s\x00-\x20]", "", value)):
            self.problems.append(f"{name}={value}")
        if name == "src" and not re.match(r"(?:remote|part):|data:image/(?:png|jpe?g|gif|webp);base64,", value):
            self.problems.append(f"src={value}")
        if name == "href" and not re.match(r"(?:https?:|mailto:|tel:)", value, re.IGNORECASE):
            self.problems.append(f"href={value}")
        if name in ("id", "name") and not _MAY_NAME.fullmatch(value):
            self.problems.append(f"{name}={value}")
        if name == "class" and value not in (sanitize.ROOT_CLASS, "wm-text", "sig"):
            self.problems += [
                f"class={one}" for one in value.split() if not _MAY_NAME.fullmatch(one) and tag != "blockquote"
            ]
        if name == "style":
            self.problems += style_problems(value)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"unbalanced {tag}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style.append(data)

    def handle_comment(self, data: str) -> None:
        self.problems.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.problems.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.problems.append("processing instruction")


def style_problems(style: str) -> list[str]:
    found = [f"style: {match.group()}" for match in _CSS_FORBIDDEN.finditer(style)]
    allowed = re.compile(r"(?:remote|part):|data:image/(?:png|jpe?g|gif|webp);base64,")
    return found + [f"url({url})" for url in _CSS_URL.findall(style) if not allowed.match(url)]


def problems(html: str) -> list[str]:
    """Return everything in sanitized HTML that could act, load, name or restyle what it must not."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found = reader.problems + [f"not closed: {tag}" for tag in reader.open]
    for style in reader.style:
        found += style_problems(style)
        rules = re.sub(r"@media [^{]*\{", "", style)
        for selectors in re.findall(r"([^{}]+)\{", rules):
            found += [f"selector {one}" for one in selectors.split(",") if f".{sanitize.ROOT_CLASS}" not in one]
    return found
