"""What mailing lists say of themselves in the header (RFC 2369, RFC 2919, RFC 8058). Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from mailapp.mime.headers import HeaderFields

_URI: Final = re.compile(r"<\s*([^<>]+?)\s*>")
_LINKS: Final = ("post", "archive", "help", "subscribe", "owner")
_SCHEMES: Final = ("https", "http", "mailto")
_MOST_SIGNATURES: Final = 5
_NEEDED: Final = frozenset(("list-unsubscribe", "list-unsubscribe-post"))
_LONGEST: Final = 2_000
_ADDRESS: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\Z")


def links(header: HeaderFields) -> tuple[tuple[str, str], ...]:
    """Return (name, URI) of what the list offers beside unsubscribing: the first usable URI of each field."""
    found = []
    for name in _LINKS:
        uri = next((uri for uri in uris(header.text(f"list-{name}"))), "")
        if uri:
            found.append((name, uri))
    return tuple(found)


def uris(body: str) -> list[str]:
    """Return the URIs of a field in the sender's order, without those that lead nowhere we go."""
    found = (re.sub(r"\s+", "", uri) for uri in _URI.findall(body[:20_000]))
    return [uri for uri in found if len(uri) <= _LONGEST and uri.partition(":")[0].lower() in _SCHEMES][:10]


def signers(header: HeaderFields) -> tuple[str, ...]:
    """Return the domains whose DKIM signatures cover both fields of unsubscribing, whether they are valid or not."""
    found = []
    for body in header.texts("dkim-signature")[:_MOST_SIGNATURES]:
        tags = {name.strip(): value for name, _, value in (tag.partition("=") for tag in body.split(";"))}
        covered = {re.sub(r"\s+", "", name).lower() for name in tags.get("h", "").split(":")}
        domain = re.sub(r"\s+", "", tags.get("d", "")).lower()
        if domain and covered >= _NEEDED:
            found.append(domain)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Way:
    """One way to leave a list: ``one-click`` and ``page`` go to ``target``, ``mail`` writes to it."""

    kind: str
    target: str
    subject: str = ""
    text: str = ""

    @property
    def host(self) -> str:
        return (urlsplit(self.target).hostname or "") if self.kind != "mail" else self.target.rpartition("@")[2]


def ways(list_unsubscribe: Iterable[str], *, one_click: bool, schemes: tuple[str, ...] = ("https",)) -> list[Way]:
    """Return the ways, the best first: one click where that is allowed, a mail, a page.

    Args:
        one_click: The message asks for it, and a valid signature covers that it does (RFC 8058 §4).
        schemes: Where one click may go.
    """
    pages, mails = [], []
    for uri in list_unsubscribe:
        scheme = uri.partition(":")[0].lower()
        if scheme in ("https", "http") and _host_of(uri):
            pages.append(Way("page", uri))
        elif scheme == "mailto" and (mail := _mail(uri)):
            mails.append(mail)
    clicks = [Way("one-click", page.target) for page in pages if page.target.partition(":")[0].lower() in schemes]
    return [*(clicks[:1] if one_click else ()), *mails[:1], *pages[:1]]


def _host_of(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def _mail(uri: str) -> Way | None:
    """Read a ``mailto`` URI (RFC 6068). One recipient, subject and text; whatever else it asks for is not done."""
    path, _, query = uri[len("mailto:") :].partition("?")
    address = unquote(path.partition(",")[0]).strip()
    if not _ADDRESS.match(address):
        return None
    fields: dict[str, str] = {}
    for name, value in parse_qsl(query.replace("+", "%2B"), max_num_fields=20) if query.count("&") < 20 else ():
        fields.setdefault(name.lower(), value)
    subject = " ".join(fields.get("subject", "").split())[:500]
    return Way("mail", address, _printable(subject), _printable(fields.get("body", ""))[:_LONGEST])


def _printable(text: str) -> str:
    return "".join(character for character in text if character in "\n\t" or character.isprintable())
