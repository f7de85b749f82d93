"""Style of messages: only what is understood is kept, and it is written anew from a small grammar.

Nothing of the sender's text is copied: names, numbers, colours and strings are checked one by one and put together
again, so no escape, comment or parser's difference survives. ``url()`` never does; a caller decides what stands there.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import tinycss2
from bleach.css_sanitizer import CSSSanitizer

# Returns what to put into url("..."), or nothing to leave the declaration out.
Resolve = Callable[[str], str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SIDES: Final = ("top", "right", "bottom", "left")
PROPERTIES: Final = frozenset(
    (
        *(f"border-{side}" for side in _SIDES),
        *(f"border-{side}-{what}" for side in _SIDES for what in ("color", "style", "width")),
        *(f"border-{side}-radius" for side in ("top-left", "top-right", "bottom-left", "bottom-right")),
        *(f"{what}-{side}" for side in _SIDES for what in ("margin", "padding")),
    )
) | _words(
    """
    background background-color background-image background-position background-repeat background-size
    border border-collapse border-color border-radius border-spacing border-style border-width box-shadow box-sizing
    align-content align-items align-self caption-side clear color column-count column-gap direction display
    empty-cells flex flex-basis flex-direction flex-flow flex-grow flex-shrink flex-wrap float font font-family
    font-size font-stretch font-style font-variant font-weight gap height hyphens justify-content letter-spacing
    line-height list-style list-style-image list-style-position list-style-type margin max-height max-width
    min-height min-width object-fit opacity order overflow overflow-wrap overflow-x padding position quotes row-gap
    table-layout text-align text-align-last text-decoration text-decoration-color text-decoration-line
    text-decoration-style text-indent text-overflow text-shadow text-transform unicode-bidi vertical-align
    visibility white-space width word-break word-spacing word-wrap
    """
)
_WITH_URL: Final = _words("background background-image list-style list-style-image")
_POSITIONS: Final = _words("static relative initial inherit")
_FUNCTIONS: Final = _words(
    "rgb rgba hsl hsla calc min max clamp linear-gradient radial-gradient repeating-linear-gradient"
)
_PSEUDO_CLASSES: Final = _words(
    "hover link visited active focus first-child last-child only-child first-of-type last-of-type empty"
)
_PSEUDO_FUNCTIONS: Final = _words("nth-child nth-last-child nth-of-type nth-last-of-type")
_MEDIA_FEATURES: Final = _words(
    """
    width min-width max-width device-width min-device-width max-device-width orientation prefers-color-scheme
    prefers-reduced-motion resolution min-resolution -webkit-min-device-pixel-ratio hover pointer
    """
)
_MEDIA_WORDS: Final = _words("all screen print only and not or handheld")

_NAME: Final = re.compile(r"-?[A-Za-z_][A-Za-z0-9_-]{0,99}")
_TEXT_IN_STRING: Final = re.compile(r"[\w .,:\-+#!?/]{0,200}")
_UNIT: Final = re.compile(r"(?:[a-z]{1,4}|Q|%)", re.IGNORECASE)
_VIEWPORT: Final = re.compile(r"[dsl]?v(?:h|w|min|max|i|b)", re.IGNORECASE)  # of a frame that fits its content
_NUMBER: Final = re.compile(r"[+-]?[0-9]{0,10}(?:\.[0-9]{1,10})?(?:[eE][+-]?[0-9]{1,2})?")
_COLOUR: Final = re.compile(r"[0-9A-Fa-f]{3,8}")
_SIMPLE: Final = re.compile(r"[A-Za-z0-9#%., \t\r\n;:!-]*")
_SIMPLE_DECLARATION: Final = re.compile(
    r"\s*([A-Za-z-]{2,40})\s*:\s*([A-Za-z0-9#%., \t\r\n-]{1,300}?)\s*(!\s*important)?\s*", re.IGNORECASE
)
_VIEWPORT_LENGTH: Final = re.compile(r"[0-9.]\s*[dsl]?v(?:h|w|min|max|i|b)\b", re.IGNORECASE)

_UNSAFE_IN_URL: Final = re.compile(r"[^A-Za-z0-9_.~:/?#@!$&*+,;=%\[\]-]")
_OUTERMOST: Final = re.compile(r"(?:(?:html|body|:root)(?![\w-])\s*>?\s*)+", re.IGNORECASE)

_MAX_STYLE_SHEET: Final = 300_000
_MAX_RULES: Final = 3_000
_MAX_NESTING: Final = 30
_MAX_SELECTORS: Final = 100


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in found.group().encode("utf-8", "replace"))


class Declaration(NamedTuple):
    name: str
    pieces: tuple[str, ...]  # text before, between and after the urls
    urls: tuple[str, ...]
    is_important: bool

    def write(self, resolve: Resolve) -> str:
        """Return the declaration, or nothing when one of its urls must not be."""
        text = self.pieces[0]
        for url, piece in zip(self.urls, self.pieces[1:], strict=True):
            resolved = resolve(url)
            if not resolved:
                return ""
            text += f"url('{_UNSAFE_IN_URL.sub(_percent, resolved)}'){piece}"
        return f"{self.name}:{text}{' !important' if self.is_important else ''}"


class MessageStyle(CSSSanitizer):
    """Bleach's CSS sanitizer for the ``style`` attributes of one message."""

    def __init__(self, resolve: Resolve) -> None:
        super().__init__(allowed_css_properties=PROPERTIES, allowed_svg_properties=frozenset())
        self._resolve = resolve

    def sanitize_css(self, style: str) -> str:
        return write(declarations(style), self._resolve)


def write(kept: Sequence[Declaration], resolve: Resolve) -> str:
    return ";".join(filter(None, (declaration.write(resolve) for declaration in kept)))


def declarations(style: str) -> tuple[Declaration, ...]:
    """Return what may stay of a declaration list. Newsletters repeat the same few hundreds of times."""
    if len(style) > 20_000:
        return ()
    return _declarations_remembered(style) if len(style) < 500 else _declarations(style)


def _declarations(style: str) -> tuple[Declaration, ...]:
    if _SIMPLE.fullmatch(style):
        return tuple(filter(None, map(_simple_declaration, style.split(";"))))
    if not _is_shallow(style):
        return ()
    return _from_tokens(tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True))


_declarations_remembered = lru_cache(maxsize=4096)(_declarations)


def _simple_declaration(text: str) -> Declaration | None:
    """Most declarations are words, numbers and colours: no need for a parser to see that."""
    found = _SIMPLE_DECLARATION.fullmatch(text)
    if found is None:
        return None
    name, value = found.group(1).lower(), " ".join(found.group(2).split())
    if name not in PROPERTIES or _VIEWPORT_LENGTH.search(value) or "--" in value:
        return None
    if name == "position" and value.lower() not in _POSITIONS:
        return None
    return Declaration(name, (value,), (), bool(found.group(3)))


def _from_tokens(tokens: Sequence[Any]) -> tuple[Declaration, ...]:
    kept = []
    for token in tokens:
        if token.type != "declaration" or token.lower_name not in PROPERTIES:
            continue
        builder = _Value(token.lower_name in _WITH_URL)
        if not builder.add(token.value):
            continue
        pieces = builder.finish()
        if not builder.urls and not pieces[0]:
            continue
        if token.lower_name == "position" and pieces[0].lower() not in _POSITIONS:
            continue
        kept.append(Declaration(token.lower_name, pieces, tuple(builder.urls), token.important))
    return tuple(kept)


class _Value:
    """Builds a value from component values; ``add`` is false as soon as one is not in the grammar."""

    def __init__(self, may_have_url: bool) -> None:
        self.urls: list[str] = []
        self._pieces: list[list[str]] = [[]]
        self._may_have_url = may_have_url

    def finish(self) -> tuple[str, ...]:
        pieces = ["".join(piece) for piece in self._pieces]
        pieces[0] = pieces[0].lstrip()
        pieces[-1] = pieces[-1].rstrip()
        return tuple(pieces)

    def add(self, tokens: Sequence[Any], depth: int = 0) -> bool:
        return depth < 8 and all(self._add(token, depth) for token in tokens)

    def _add(self, token: Any, depth: int) -> bool:
        text: str | None = None
        match token.type:
            case "whitespace":
                text = " "
            case "comment":
                text = ""
            case "ident":
                text = token.value if _NAME.fullmatch(token.value) else None
            case "number" | "percentage" | "dimension":
                text = _number(token)
            case "hash":
                text = f"#{token.value}" if _COLOUR.fullmatch(token.value) else None
            case "string":
                text = f"'{token.value}'" if _TEXT_IN_STRING.fullmatch(token.value) else None
            case "literal":
                text = token.value if token.value in {",", "/", "+", "-", "*"} else None
            case "url":
                return self._add_url(token.value)
            case "() block":
                return depth > 0 and self._add_function("", token.content, depth)
            case "function":
                if token.lower_name == "url":
                    arguments = [t for t in token.arguments if t.type not in ("whitespace", "comment")]
                    return len(arguments) == 1 and arguments[0].type == "string" and self._add_url(arguments[0].value)
                return token.lower_name in _FUNCTIONS and self._add_function(token.lower_name, token.arguments, depth)
        if text is None:
            return False
        self._pieces[-1].append(text)
        return True

    def _add_function(self, name: str, arguments: Sequence[Any], depth: int) -> bool:
        self._pieces[-1].append(f"{name}(")
        had_url, self._may_have_url = self._may_have_url, False
        is_good = self.add(arguments, depth + 1)
        self._may_have_url = had_url
        self._pieces[-1].append(")")
        return is_good

    def _add_url(self, url: str) -> bool:
        if not self._may_have_url or len(self.urls) >= 5:
            return False
        self.urls.append(url)
        self._pieces.append([])
        return True


def _number(token: Any) -> str | None:
    unit = "%" if token.type == "percentage" else getattr(token, "unit", "")
    digits = token.representation
    if not _NUMBER.fullmatch(digits) or (unit and not _UNIT.fullmatch(unit)) or _VIEWPORT.fullmatch(unit):
        return None
    return digits + unit


def _is_shallow(text: str) -> bool:
    """Whether brackets are not nested too deeply; tinycss2 recurses."""
    depth = deepest = 0
    for letter in re.findall(r"[(\[{}\])]", text):
        depth += 1 if letter in "([{" else -1
        deepest = max(deepest, depth)
        if deepest > _MAX_NESTING:
            return False
    return True


def scope(style_sheet: str, *, root: str, prefix: str, resolve: Resolve) -> str:
    """Return a style sheet that can only reach what is inside the element with class ``root``.

    Classes and ids get ``prefix``. Of at-rules only ``@media`` stays. Never raises; too much is nothing.
    """
    if len(style_sheet) > _MAX_STYLE_SHEET or not _is_shallow(style_sheet):
        return ""
    text = style_sheet.replace("<!--", " ").replace("-->", " ")
    writer = _SheetWriter(root, prefix, resolve)
    return writer.rules(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), 0)


class _SheetWriter:
    def __init__(self, root: str, prefix: str, resolve: Resolve) -> None:
        self._root, self._prefix, self._resolve = root, prefix, resolve
        self._count = 0

    def rules(self, rules: Sequence[Any], depth: int) -> str:
        written: list[str] = []
        for rule in rules:
            self._count += 1
            if self._count > _MAX_RULES:
                break
            if rule.type == "qualified-rule":
                written.append(self._rule(rule))
            elif rule.type == "at-rule" and rule.lower_at_keyword == "media" and rule.content and depth < 2:
                query = _media_query(rule.prelude)
                inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
                body = self.rules(inner, depth + 1) if query else ""
                written.append(f"@media {query}{{{body}}}" if body else "")
        return "".join(written)

    def _rule(self, rule: Any) -> str:
        selectors = [selector for one in _split(rule.prelude) if (selector := self._selector(one))]
        if not selectors:
            return ""
        kept = _from_tokens(tinycss2.parse_declaration_list(rule.content, skip_comments=True, skip_whitespace=True))
        body = write(kept, self._resolve)
        return f"{','.join(selectors)}{{{body}}}" if body else ""

    def _selector(self, tokens: Sequence[Any]) -> str:
        """Write one selector below the root; nothing if any of it is not understood."""
        pieces: list[str] = []
        tokens = _trim(tokens)
        position = 0
        while position < len(tokens):
            token = tokens[position]
            following = tokens[position + 1] if position + 1 < len(tokens) else None
            position += 1
            match token.type:
                case "whitespace":
                    pieces.append(" ")
                case "comment":
                    pass
                case "ident" if _NAME.fullmatch(token.value):
                    pieces.append(token.value)
                case "hash" if token.is_identifier and _NAME.fullmatch(token.value):
                    pieces.append(f"#{self._prefix}{token.value}")
                case "literal" if token.value in ("*", ">", "+", "~"):
                    pieces.append(token.value)
                case "literal" if token.value == "." and _is_name(following):
                    pieces.append(f".{self._prefix}{following.value}")  # type: ignore[union-attr]
                    position += 1
                case "literal" if token.value == ":" and following is not None:
                    pseudo = _pseudo_class(following)
                    if not pseudo:
                        return ""
                    pieces.append(pseudo)
                    position += 1
                case "[] block":
                    condition = self._attribute(token.content)
                    if not condition:
                        return ""
                    pieces.append(condition)
                case _:
                    return ""
        return self._below_root("".join(pieces))

    def _below_root(self, selector: str) -> str:
        root = f".{self._root}"
        if not selector or selector[0] in ">+~" or selector[-1] in ">+~":
            return ""
        outermost = _OUTERMOST.match(selector)
        if outermost:
            rest = selector[outermost.end() :]
            if rest and outermost.group()[-1] not in " >":
                return ""  # body.name: the message's body is not the root's class
            selector = rest
        return f"{root} {selector}" if selector else root

    def _attribute(self, tokens: Sequence[Any]) -> str:
        """``[class="x"]`` and a few others that newsletters use to address programs that read mail."""
        tokens = [token for token in tokens if token.type not in ("whitespace", "comment")]
        if not tokens or not _is_name(tokens[0]) or len(tokens) > 4:
            return ""
        name = tokens[0].lower_value
        if name not in ("class", "id", "align", "width", "height", "href", "valign", "border", "bgcolor"):
            return ""
        operator = "".join(token.value for token in tokens[1:-1] if token.type == "literal")
        if len(tokens) == 1:
            return f"[{name}]"
        value = tokens[-1]
        if operator not in ("=", "~=", "^=", "*=", "$=", "|=") or value.type not in ("ident", "string"):
            return ""
        if not re.fullmatch(r"[A-Za-z0-9_ #%-]{1,100}", value.value) or len(tokens) - 2 != len(operator):
            return ""
        is_whole = name in ("class", "id") and operator in ("=", "~=", "^=", "|=")
        return f"[{name}{operator}'{self._prefix if is_whole else ''}{value.value}']"


def _is_name(token: Any) -> bool:
    return token is not None and token.type == "ident" and bool(_NAME.fullmatch(token.value))


def _trim(tokens: Sequence[Any]) -> Sequence[Any]:
    start, end = 0, len(tokens)
    while start < end and tokens[start].type in ("whitespace", "comment"):
        start += 1
    while end > start and tokens[end - 1].type in ("whitespace", "comment"):
        end -= 1
    return tokens[start:end]


def _split(prelude: Sequence[Any]) -> list[list[Any]]:
    selectors: list[list[Any]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            if len(selectors) >= _MAX_SELECTORS:
                break
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def _pseudo_class(token: Any) -> str:
    if token.type == "ident":
        return f":{token.lower_value}" if token.lower_value in _PSEUDO_CLASSES else ""
    if token.type == "function" and token.lower_name in _PSEUDO_FUNCTIONS:
        argument = tinycss2.serialize(token.arguments).strip().lower()
        if re.fullmatch(r"(?:odd|even|[+-]?[0-9]{0,4}n?(?:\s*[+-]\s*[0-9]{1,4})?)", argument) and argument:
            return f":{token.lower_name}({argument})"
    return ""


def _media_query(prelude: Sequence[Any]) -> str:
    """Return the condition written anew, or nothing when a word of it is unknown."""
    pieces: list[str] = []
    for token in prelude:
        if token.type == "whitespace":
            pieces.append(" ")
        elif token.type == "ident" and token.lower_value in _MEDIA_WORDS:
            pieces.append(token.lower_value)
        elif token.type == "literal" and token.value == ",":
            pieces.append(",")
        elif token.type == "() block":
            feature = re.fullmatch(
                r"\s*([a-z-]+)\s*(?::\s*([a-z0-9.%/ -]{1,30}))?\s*", tinycss2.serialize(token.content)
            )
            if not feature or feature.group(1) not in _MEDIA_FEATURES:
                return ""
            pieces.append(
                f"({feature.group(1)}:{feature.group(2).strip()})" if feature.group(2) else f"({feature.group(1)})"
            )
        elif token.type != "comment":
            return ""
    return "".join(pieces).strip()
