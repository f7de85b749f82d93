"""Where the quoted conversation begins in the tokens of a sanitized message."""

import re
from typing import Any, Final

from mailapp.mime import quoting

Token = dict[str, Any]

# How programs that write mail mark the beginning.
_QUOTE_CLASSES: Final = frozenset(("gmail_quote", "gmail_quote_container", "yahoo_quoted", "protonmail_quote"))
_QUOTE_IDS: Final = frozenset(("divRplyFwdMsg", "replySplit", "OLK_SRC_BODY_SECTION", "mailContextMenuQuote"))
_OUTLOOK_LINES: Final = ("border:none;border-top:solid#e1e1e1", "border:none;border-top:solid#b5c4df")
_FORWARDED: Final = re.compile(
    r"-{5,}\s*(?:Forwarded message|Begin forwarded|Message transféré|Пересылаемое|Пересланное|Weitergeleitete|Mensaje "
    r"reenviado|Messaggio inoltrato)|Begin forwarded message|Début du message",
    re.IGNORECASE,
)


def split(tokens: list[Token], prefix: str) -> tuple[list[Token], list[Token]]:
    """Return the new part and the quoted part, each with its elements opened and closed; the latter may be empty.

    ``prefix`` is what the sanitizer put in front of classes and ids.
    """
    begin = _begin(tokens, prefix)
    if begin < 0:
        return tokens, []
    opened: list[Token] = []
    for token in tokens[:begin]:
        if token["type"] == "StartTag":
            opened.append(token)
        elif token["type"] == "EndTag" and opened:
            opened.pop()
    closing = [{"type": "EndTag", "name": token["name"]} for token in reversed(opened)]
    return [*tokens[:begin], *closing], [*map(_without_id, opened), *tokens[begin:]]


def _without_id(token: Token) -> Token:
    return {**token, "data": {name: value for name, value in token["data"].items() if name != "id"}}


def _begin(tokens: list[Token], prefix: str) -> int:
    """Return where the quote begins if nothing but it follows, else -1."""
    said_before, introduction = "", (-1, 0)  # place of a sentence above the quote, length of what was said before it
    length = 0
    for position, token in enumerate(tokens):
        kind = token["type"]
        if kind == "Characters" and token["data"].strip():
            said_before = f"{said_before[-500:]} {token['data'].strip()}"
            length += len(token["data"].strip())
        elif kind == "EmptyTag" and token["name"] == "img":
            said_before, length = said_before or "image", length + 1
        elif kind == "StartTag" and said_before:
            names = _names(token, prefix)
            if "moz-cite-prefix" in names:
                introduction = position, length
            takes_rest = _takes_rest(token, names)
            if takes_rest or names & _QUOTE_CLASSES or _is_cited(token, said_before):
                if _is_forwarded(tokens, position) or not (takes_rest or _is_last(tokens, position)):
                    return -1
                is_introduced = introduction[1] and length - introduction[1] < 300 and said_before.endswith(":")
                return introduction[0] if is_introduced else position
    return -1


def _names(token: Token, prefix: str) -> set[str]:
    data = token["data"]
    return {name.removeprefix(prefix) for name in (*data.get("class", "").split(), data.get("id", ""))}


def _takes_rest(token: Token, names: set[str]) -> bool:
    """Whether the element is only the head of the conversation, which follows it up to the end."""
    if token["name"] != "div":
        return False
    style = token["data"].get("style", "").replace(" ", "").lower()
    return bool(names & _QUOTE_IDS) or style.startswith(_OUTLOOK_LINES)


def _is_cited(token: Token, said_before: str) -> bool:
    if token["name"] != "blockquote":
        return False
    return token["data"].get("type") == "cite" or bool(quoting.WROTE.search(said_before[-150:]))


def _is_forwarded(tokens: list[Token], begin: int) -> bool:
    """A forwarded message is what the reader is to see."""
    following = (token["data"] for token in tokens[begin : begin + 40] if token["type"] == "Characters")
    return bool(_FORWARDED.search("".join(following)[:400]))


def _is_last(tokens: list[Token], begin: int) -> bool:
    """Whether no text follows the element: answers between the lines are not torn apart."""
    depth = 0
    for position in range(begin, len(tokens)):
        kind = tokens[position]["type"]
        depth += (kind == "StartTag") - (kind == "EndTag")
        if depth <= 0:
            return not any(t["type"] == "Characters" and t["data"].strip() for t in tokens[position + 1 :])
    return True
