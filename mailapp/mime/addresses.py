"""Addresses: the one place that takes them apart, checks, writes and compares them (RFC 5322 §3.4, RFC 6532).

Reading is lenient about everything around an address and strict about the address: a string that is not exactly one
``local-part@domain`` never becomes an ``addr_spec`` (CVE-2023-27043 came from guessing there). What was unreadable is
kept as a display name, so that a person still sees it.
"""

import re
import unicodedata
from typing import Final

import idna

from mailapp.mime import encoded_words, limits
from mailapp.mime.headers import check
from mailapp.mime.model import InvalidField, Person

# Whatever is no ASCII control, space or special, and no invisible or direction-changing character.
_ATOM: Final = (
    r"[^\x00-\x20\x7f-\xa0()<>\[\]:;@\\,.\"\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]+"
)
_DOT_ATOM: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOTS_ANYWHERE: Final = re.compile(rf"\.*{_ATOM}(?:\.+{_ATOM})*\.*")
_QUOTED: Final = re.compile(r'"(?:[ !#-\[\]-~\u00a1-\u1fff\u2070-\ud7ff\ue000-\U0010ffff]|\\[ -~])*"')
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LITERAL: Final = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]", re.IGNORECASE)
_SPECIAL_IN_NAME: Final = re.compile(r"[()<>\[\]:;@\\,.\"]")
_MOST_LOCAL_OCTETS: Final = 128  # RFC 5321 says 64 and allows more; senders' bounce addresses need it
_MOST_DOMAIN_OCTETS: Final = 253

_ENCODED: Final = r"(?P<encoded>=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]{0,2000}\?=)"
_PAIRED: Final = r"""(?P<quoted>"[^"\\]*(?:\\.[^"\\]*)*")|(?P<comment>\()|(?P<literal>\[[^\[\]\s]{0,60}\])"""
_SINGLE: Final = r"""(?P<special>[<>,;:@])|(?P<word>[^\s<>,;:@"(\[]+)|(?P<other>.)"""
_TOKEN: Final = re.compile(rf"(?P<blank>\s+)|{_ENCODED}|{_PAIRED}|{_SINGLE}", re.DOTALL)
# Once a quote or comment turned out to be open, the others are plain characters: looking for each end would be slow.
_TOKEN_UNPAIRED: Final = re.compile(rf"(?P<blank>\s+)|{_ENCODED}|{_SINGLE}", re.DOTALL)
_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_COMMENT: Final = re.compile(r"[()\\]")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_DEEPEST_COMMENT: Final = 20
_LONGEST_COMMENT: Final = 1000


def parse_address_list(text: str) -> tuple[Person, ...]:
    """Return everybody in an address list, members of groups included, in order. Never raises.

    ``text`` is the field body, encoded words not yet decoded. Commas and semicolons separate; empty groups such as
    ``undisclosed-recipients:;`` have nobody.
    """
    people: list[Person] = []
    for item in _items(text):
        people.extend(_several(item) or filter(None, (_person(item),)))
        if len(people) >= limits.MAX_ADDRESSES:
            break
    return tuple(people[: limits.MAX_ADDRESSES])


_Token = tuple[str, str]  # kind and text
_NO_PART_OF_ADDRESS: Final = frozenset(("encoded", "other"))
_MOST_TOKENS: Final = 60  # of one address


def _items(text: str) -> list[list[_Token]]:
    """Cut the list into single addresses; the name of a group is dropped, its members stand alone."""
    items: list[list[_Token]] = [[]]
    open_at = close_at = -1  # places of the angle brackets in the item being read
    position, pattern = 0, _TOKEN
    while found := pattern.match(text, position):
        item = items[-1]
        kind, piece, position = found.lastgroup or "", found.group(), found.end()
        if kind == "comment":
            kind, piece, position = _comment(text, position)
        if kind == "other" and piece in '("':
            pattern = _TOKEN_UNPAIRED
        if piece == "<" and kind == "special":
            if close_at >= 0:  # a comma was forgotten
                items[-1], item = item[: close_at + 1], item[close_at + 1 :]
                items.append(item)
                close_at = -1
            open_at = len(item)
        elif piece == ">" and kind == "special" and open_at >= 0:
            close_at = len(item)
        elif piece in (",", ";") and kind == "special":
            is_route = open_at >= 0 > close_at and item[open_at + 1 : open_at + 2] == [("special", "@")]
            if not is_route or piece == ";":
                items.append([])
                open_at = close_at = -1
                continue
        elif piece == ":" and kind == "special" and open_at < 0 and ("special", "@") not in item:
            item.clear()
            continue
        item.append((kind, piece))
    return items


def _comment(text: str, start: int) -> tuple[str, str, int]:
    """Return kind, content and end of a comment; an unclosed one is none, and spoils the address it stands in."""
    depth, position = 1, start
    while depth <= _DEEPEST_COMMENT and (found := _COMMENT.search(text, position, start + _LONGEST_COMMENT)):
        position = found.end()
        if found.group() == "\\":
            position += 1
        else:
            depth += 1 if found.group() == "(" else -1
            if not depth:
                return "comment", text[start : position - 1], position
    return "other", "(", start


def _person(tokens: list[_Token]) -> Person | None:
    angle = next((i for i, token in enumerate(tokens) if token == ("special", "<")), -1)
    comments = [text for kind, text in tokens if kind == "comment" and text.strip()]
    if angle >= 0:
        close = next((i for i in range(angle, len(tokens)) if tokens[i] == ("special", ">")), len(tokens))
        addr_spec = _addr_spec(tokens[angle + 1 : close])
        if _is_ambiguous(tokens[:angle]):
            return _unreadable(tokens)
        name = _phrase(tokens[:angle]) or _decoded_comment(comments)
        rest = [token for token in tokens[close + 1 :] if token[0] not in ("blank", "comment")]
        if rest and not name:
            name = _phrase(rest)
        if not addr_spec:
            return _unreadable(tokens) if not name else Person(name, "")
        return Person(name, addr_spec)
    addr_spec = _addr_spec(tokens)
    if addr_spec:
        return Person(_decoded_comment(comments), addr_spec)
    bare = _bare(tokens)
    if bare:
        return bare
    return _unreadable(tokens)


def _unreadable(tokens: list[_Token]) -> Person | None:
    name = _phrase(tokens)
    return Person(name, "") if any(map(str.isalnum, name)) else None


def _is_ambiguous(name: list[_Token]) -> bool:
    """Whether what stands before ``<`` is itself half an address: ``alice@example.org<bob@example.com>``.

    A name that is an address, with a blank behind it, is common and plain.
    """
    if ("special", "@") not in name:
        return False
    return name[-1][0] != "blank" or any(text == "(" or ")" in text for kind, text in name if kind != "comment")


def _several(tokens: list[_Token]) -> list[Person]:
    """Read ``a@example.org b@example.org``: only the commas were forgotten."""
    if sum(token == ("special", "@") for token in tokens) < 2 or ("special", "<") in tokens:
        return []
    groups: list[list[_Token]] = [[]]
    for token in tokens:
        if token[0] == "blank":
            groups.append([])
        else:
            groups[-1].append(token)
    addr_specs = [_addr_spec(group) for group in groups if group]
    is_plain = all("." in addr_spec.rpartition("@")[2] for addr_spec in addr_specs)
    return [Person("", addr_spec) for addr_spec in addr_specs] if is_plain else []


def _bare(tokens: list[_Token]) -> Person | None:
    """Read ``Some Name user@example.org``: the brackets were forgotten, but there is only one ``@``."""
    if sum(token == ("special", "@") for token in tokens) != 1 or len(tokens) > _MOST_TOKENS:
        return None
    groups: list[list[_Token]] = [[]]
    for token in tokens:
        if token[0] in ("blank", "comment"):
            groups.append([])
        else:
            groups[-1].append(token)
    for i, group in enumerate(groups):
        if addr_spec := _addr_spec(group):
            rest = [[*other, ("blank", " ")] for j, other in enumerate(groups) if j != i]
            return Person(_phrase([token for other in rest for token in other]), addr_spec)
    return None


def _decoded_comment(comments: list[str]) -> str:
    return encoded_words.decode(_ESCAPED.sub(r"\1", comments[0])) if comments else ""


def _phrase(tokens: list[_Token]) -> str:
    """Return the display name: quotes removed, encoded words decoded, inner blanks single."""
    pieces = []
    for kind, text in tokens:
        if kind == "quoted":
            pieces.append(_ESCAPED.sub(r"\1", text[1:].removesuffix('"')))
        elif kind == "blank":
            pieces.append(" ")
        elif kind != "comment":
            pieces.append(text)
    name = " ".join(_DIRECTION.sub("", encoded_words.decode("".join(pieces))).split())
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return name[:1000]


def _addr_spec(tokens: list[_Token]) -> str:
    """Return ``local@domain`` if the tokens are exactly that, else nothing."""
    if len(tokens) > _MOST_TOKENS or any(kind in _NO_PART_OF_ADDRESS for kind, _ in tokens):
        return ""
    kept: list[_Token] = []
    was_blank = False
    for token in tokens:
        if token[0] in ("blank", "comment"):
            was_blank = True
            continue
        if was_blank and kept and not _may_stand_apart(kept[-1][1], token[1]):
            return ""
        kept.append(token)
        was_blank = False
    if kept and kept[0] == ("special", "@"):  # obsolete route
        colon = next((i for i, token in enumerate(kept) if token == ("special", ":")), -1)
        if colon < 0:
            return ""
        kept = kept[colon + 1 :]
    ats = [i for i, token in enumerate(kept) if token == ("special", "@")]
    if len(ats) != 1 or not 0 < ats[0] < len(kept) - 1:
        return ""
    local = "".join(text for _, text in kept[: ats[0]])
    domain = "".join(text for _, text in kept[ats[0] + 1 :])
    if not _QUOTED.fullmatch(local) and not _DOT_ATOM.fullmatch(local):
        if not _DOTS_ANYWHERE.fullmatch(local):
            return ""
        local = f'"{local}"'  # dots where RFC 5322 has none: real mailboxes of large providers, legal when quoted
    return f"{local}@{domain}" if is_valid_addr_spec(f"{local}@{domain}") else ""


def _may_stand_apart(before: str, after: str) -> bool:
    """Blanks are allowed beside ``@`` and dots (obsolete syntax) but never between two words."""
    return before in ("@", ":") or after == "@" or before.endswith(".") or after.startswith(".")


def split_addr_spec(addr_spec: str) -> tuple[str, str]:
    """Return local part (quotes kept) and domain.

    Raises:
        ValueError: It is no valid addr-spec.
    """
    if not is_valid_addr_spec(addr_spec):
        raise ValueError(addr_spec)
    local, _, domain = addr_spec.rpartition("@")
    return local, domain


def is_valid_addr_spec(addr_spec: str) -> bool:
    """Whether this is exactly one address that can be written to: no blanks, controls, comments, route or brackets.

    Domains may be international, an address literal, or a single label. Lengths are those of RFC 5321, but for the
    local part, of which up to 128 octets are taken.
    """
    local, at, domain = addr_spec.rpartition("@")
    if not at or not local or len(addr_spec) > 512:
        return False
    if not _DOT_ATOM.fullmatch(local) and not _QUOTED.fullmatch(local):
        return False
    return len(local.encode("utf-8")) <= _MOST_LOCAL_OCTETS and _is_valid_domain(domain)


def _is_valid_domain(domain: str) -> bool:
    if _LITERAL.fullmatch(domain):
        return True
    if not domain or len(domain) > _MOST_DOMAIN_OCTETS:
        return False
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True, std3_rules=False).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return False
    return len(domain) <= _MOST_DOMAIN_OCTETS and all(_LABEL.fullmatch(label) for label in domain.split("."))


def ascii_domain(domain: str) -> str:
    """Return the domain in lower case, international labels in their ASCII form; unusable ones only in lower case."""
    domain = domain.rstrip(".")
    if domain.isascii() or len(domain) > _MOST_DOMAIN_OCTETS:
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True, std3_rules=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return domain.lower()


def fold_addr_spec(addr_spec: str) -> str:
    """Return the form in which two spellings of one address are equal.

    Domain in lower-case ASCII, local part case-folded and NFC-normalized, needless quotes removed. For comparing
    and looking up only: mail goes to the address as it was written.
    """
    local, at, domain = addr_spec.strip().rpartition("@")
    if not at:
        return unicodedata.normalize("NFC", addr_spec.strip().casefold())
    if _QUOTED.fullmatch(local):
        bare = _ESCAPED.sub(r"\1", local[1:-1])
        if _DOT_ATOM.fullmatch(bare):
            local = bare
    return f"{unicodedata.normalize('NFC', local.casefold())}@{ascii_domain(domain)}"


def needs_smtputf8(addr_spec: str) -> bool:
    """Whether the address can only be written in UTF-8 (RFC 6531): its local part is not ASCII."""
    return not addr_spec.rpartition("@")[0].isascii()


def format_person(person: Person, *, encode: bool = False) -> str:
    """Write ``Name <addr-spec>``, the name quoted where RFC 5322 wants it.

    With ``encode`` the result is for a header field: encoded words for names beyond ASCII, domain in ASCII.

    Raises:
        InvalidField: A control character or line end in either, or no valid address.
    """
    check("display_name", person.display_name)
    check("addr_spec", person.addr_spec)
    if not is_valid_addr_spec(person.addr_spec):
        raise InvalidField("addr_spec", "invalid_address")
    local, _, domain = person.addr_spec.rpartition("@")
    addr_spec = f"{local}@{ascii_domain(domain) if encode and not domain.isascii() else domain}"
    name = " ".join(person.display_name.split())
    if not name:
        return addr_spec
    if encode and (not name.isascii() or "=?" in name):
        return f"{' '.join(encoded_words.encode(name))} <{addr_spec}>"
    if _SPECIAL_IN_NAME.search(name) or "=?" in name:
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{addr_spec}>"
