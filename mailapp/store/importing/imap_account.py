"""Finding mail in an account at another server, by IMAP (RFC 9051 and 3501), without changing anything there.

The person named the host, so its address is checked after it is resolved, and the connection goes to exactly that
address; the certificate must be valid for the name. What the server sends is bounded and distrusted like any input.
"""

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from mailapp.delivery.outbound.networks import is_public
from mailapp.store.appending import Flags
from mailapp.store.importing.sources import FoundMessage, decode_utf7
from workmail.directory.addresses import fold_domain
from workmail.errors import Invalid

SECONDS_TO_CONNECT = 15.0
SECONDS_TO_ANSWER = 120.0
_WINDOW = 500  # UIDs asked for at once
_FETCHED_AT_ONCE = 25
_FETCHED_BYTES = 8 * 1024 * 1024
_MOST_FOLDERS = 2_000
_MOST_KEYWORDS = 30
_LARGEST_LITERAL = 4 * settings.SMTP_MAX_MESSAGE_BYTES
_SECURITIES = ("tls", "starttls")

# What the server says a folder is for (RFC 6154), as names that the importing understands.
_SPECIAL_USE = {
    "\\sent": "Sent",
    "\\drafts": "Drafts",
    "\\junk": "Junk",
    "\\trash": "Trash",
    "\\archive": "Archive",
    "\\all": "Archive",
}
_NO_MAIL_OF_THEIR_OWN = {"\\noselect", "\\nonexistent", "\\flagged", "\\important"}

_LIST = re.compile(rb'\((?P<attributes>[^)]*)\) (?P<delimiter>"(?:\\.|[^"])"|NIL) ?(?P<name>.*)', re.DOTALL)
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_INTERNAL_DATE = re.compile(rb'\bINTERNALDATE "([^"]*)"')
_MESSAGES = re.compile(rb"\bMESSAGES (\d+)")
_QUOTED = re.compile(rb"\\(.)")


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    user: str
    password: str = field(repr=False)
    port: int = 993
    security: str = "tls"  # from the first octet, or "starttls"


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    raw_name: bytes  # as the server writes it
    path: tuple[str, ...]
    is_last: bool  # holds what other folders hold, too


class Unreachable(Invalid):
    """Nobody answers there: a wrong name at first, a passing trouble later."""


class _PlainConnection(imaplib.IMAP4):
    """Connects to an address that was looked at, and only to that; takes no literal that fits into no mailbox."""

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return socket.create_connection((_checked_address(self.host, self.port), self.port), SECONDS_TO_CONNECT)

    def read(self, size: int) -> bytes:
        if size > _LARGEST_LITERAL:
            raise self.abort("the literal is too large")
        return super().read(size)


class _TlsConnection(_PlainConnection, imaplib.IMAP4_SSL):
    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        opened = super()._create_socket(timeout)
        try:
            return self.ssl_context.wrap_socket(opened, server_hostname=self.host)
        except BaseException:
            opened.close()
            raise


class ImapAccount:
    """A signed-in connection; close it."""

    def __init__(self, account: Account) -> None:
        """Connect and sign in.

        Raises:
            Invalid: Not possible, and why: ``details["field"]`` names what to correct.
        """
        self._connection = _connected(account)
        try:
            _sign_in(self._connection, account)
        except (imaplib.IMAP4.error, UnicodeError) as error:
            self.close()
            raise Invalid(
                _("The other server does not accept the name and the password. Some want a password for applications."),
                field="password",
            ) from error
        except BaseException:
            self.close()
            raise
        self._connection.sock.settimeout(SECONDS_TO_ANSWER)

    def __enter__(self) -> "ImapAccount":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._connection.shutdown()

    def folders(self) -> list[RemoteFolder]:
        """Return the folders that hold mail, in a fixed order; those that repeat the mail of others last."""
        found = []
        for line in _ok(self._connection.list())[:_MOST_FOLDERS]:
            if folder := _folder(line):
                found.append(folder)
        return sorted(found, key=lambda folder: (folder.is_last, folder.path != ("INBOX",), folder.path))

    def count(self, folder: RemoteFolder) -> int:
        """Return how many messages the folder holds; 0 when the server does not tell."""
        try:
            answer = _ok(self._connection.status(_mailbox(folder.raw_name), "(MESSAGES)"))
        except imaplib.IMAP4.error:
            return 0
        counted = _MESSAGES.search(_joined(answer[-1]))
        return int(counted.group(1)) if counted else 0

    def messages(
        self, folder: RemoteFolder, *, longest: int, after: Mapping[str, Any] | None = None
    ) -> Iterator[FoundMessage]:
        """Yield the messages of a folder by their UIDs; one that is too long comes without its octets.

        Args:
            after: What the last message of an earlier run said; it counts only while the UIDVALIDITY is the same.
        """
        _ok(self._connection.select(_mailbox(folder.raw_name), readonly=True))
        validity = _number(self._connection.response("UIDVALIDITY"))
        next_uid = _number(self._connection.response("UIDNEXT"))
        after = after or {}
        uid = int(after.get("uid", 0)) + 1 if after.get("validity") == validity else 1
        while not next_uid or uid < next_uid:
            last = "*" if not next_uid else str(min(uid + _WINDOW, next_uid) - 1)
            for batch in _batches(self._sizes(f"{uid}:{last}", uid)):
                yield from self._fetch(folder, validity, batch, longest)
            if not next_uid:
                return
            uid += _WINDOW

    def _sizes(self, uids: str, least: int) -> list[tuple[int, int]]:
        sizes = {}
        for item in _ok(self._connection.uid("FETCH", uids, "(UID RFC822.SIZE)")):
            text = _joined(item)
            uid, size = _UID.search(text), _SIZE.search(text)
            if uid and size and int(uid.group(1)) >= least:
                sizes[int(uid.group(1))] = int(size.group(1))
        return sorted(sizes.items())

    def _fetch(
        self, folder: RemoteFolder, validity: int, batch: Sequence[tuple[int, int]], longest: int
    ) -> Iterator[FoundMessage]:
        wanted = [uid for uid, size in batch if size <= longest]
        got: dict[int, tuple[bytes, bytes]] = {}
        if wanted:
            uids = ",".join(map(str, wanted))
            answer = _ok(self._connection.uid("FETCH", uids, "(UID FLAGS INTERNALDATE BODY.PEEK[])"))
            got = dict(_literals(answer))
        for uid, size in batch:
            facts, raw = got.get(uid, (b"", b""))
            if uid in wanted and not facts:
                continue  # deleted there meanwhile
            origin = f"{'/'.join(folder.path)} {uid}"
            after = {"validity": validity, "uid": uid}
            yield FoundMessage(raw, folder.path, _flags(facts), _date(facts), origin, size, after)


def checked(account: Account) -> Account:
    """Return the account as it will be used.

    Raises:
        Invalid: A part of it cannot be right; ``details["field"]`` names it.
    """
    host = account.host.strip().rstrip(".")
    try:
        host = fold_domain(host)
    except (ValueError, UnicodeError) as error:
        raise _no_host() from error
    if not re.fullmatch(r"[a-z0-9.:\[\]_-]{1,253}", host) or host.startswith("-"):
        raise _no_host()
    if not 1 <= account.port <= 65_535:
        raise Invalid(_("A port is a number from 1 to 65535."), field="port")
    if account.security not in _SECURITIES:
        raise Invalid(_("Choose one of the values offered."), field="security")
    if not account.user.strip() or "\r" in account.user or "\n" in account.user:
        raise Invalid(_("Write the name you sign in with there."), field="user")
    if not account.password or "\r" in account.password or "\n" in account.password:
        raise Invalid(_("Write the password you sign in with there."), field="password")
    return Account(host, account.user.strip(), account.password, account.port, account.security)


def _sign_in(connection: imaplib.IMAP4, account: Account) -> None:
    """Prefer PLAIN: it carries any letter, and LOGIN only those of ASCII."""
    if "AUTH=PLAIN" in connection.capabilities:
        answer = f"\0{account.user}\0{account.password}".encode()
        connection.authenticate("PLAIN", lambda _challenge: answer)
    else:
        connection.login(account.user, account.password)


def _connected(account: Account) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    try:
        if account.security == "tls":
            return _TlsConnection(account.host, account.port, ssl_context=context, timeout=SECONDS_TO_CONNECT)
        connection = _PlainConnection(account.host, account.port, timeout=SECONDS_TO_CONNECT)
        try:
            connection.starttls(ssl_context=context)
        except BaseException:
            with contextlib.suppress(Exception):
                connection.shutdown()
            raise
        return connection
    except ssl.SSLCertVerificationError as error:
        raise Invalid(
            _("The certificate of the other server is not valid for that name, so the connection is not safe."),
            field="host",
        ) from error
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        raise Unreachable(
            _("The other server does not answer there. Check its name, the port and the kind of encryption."),
            field="host",
        ) from error


def _checked_address(host: str, port: int) -> str:
    """Return an address of the host that is somebody else's. Raises Invalid, OSError."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.IMPORT_ALLOW_PRIVATE and not all(map(is_public, addresses)):
        raise Invalid(_("The other server has an address inside a private network; only the Internet is allowed."))
    return addresses[0]


def _folder(line: Any) -> RemoteFolder | None:
    text = _joined(line)
    found = _LIST.match(text)
    if found is None:
        return None
    attributes = {word.decode("ascii", "replace").lower() for word in found["attributes"].split()}
    if attributes & _NO_MAIL_OF_THEIR_OWN:
        return None
    if isinstance(line, tuple):
        raw_name = bytes(line[1])  # a literal
    else:
        raw_name = _unquoted(found["name"])
    for attribute, name in _SPECIAL_USE.items():
        if attribute in attributes:
            return RemoteFolder(raw_name, (name,), attribute == "\\all")
    return RemoteFolder(raw_name, _path(raw_name, _unquoted(found["delimiter"])), False)


def _path(raw_name: bytes, delimiter: bytes) -> tuple[str, ...]:
    parts = raw_name.split(delimiter) if delimiter and delimiter != b"NIL" else [raw_name]
    names = [_readable(part) for part in parts]
    if names[0].upper() == "INBOX":
        # Some servers keep every folder below INBOX.
        return tuple(names[1:]) or ("INBOX",)
    return tuple(name for name in names if name.strip()) or ("INBOX",)


def _readable(part: bytes) -> str:
    try:
        return decode_utf7(part.decode("ascii"))
    except UnicodeDecodeError:
        return part.decode("utf-8", "replace")


def _unquoted(text: bytes) -> bytes:
    text = text.strip()
    if text.startswith(b'"') and text.endswith(b'"'):
        return _QUOTED.sub(rb"\1", text[1:-1])
    return text


def _mailbox(raw_name: bytes) -> str:
    """Write a name as imaplib sends it on: quoted, octet for octet."""
    escaped = raw_name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return f'"{escaped.decode("ascii", "strict" if escaped.isascii() else "replace")}"'


def _batches(sizes: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    batch: list[tuple[int, int]] = []
    octets = 0
    for uid, size in sizes:
        if batch and (len(batch) >= _FETCHED_AT_ONCE or octets + size > _FETCHED_BYTES):
            yield batch
            batch, octets = [], 0
        batch.append((uid, size))
        octets += size
    if batch:
        yield batch


def _literals(answer: Sequence[Any]) -> Iterator[tuple[int, tuple[bytes, bytes]]]:
    """Yield UID, facts and octets of each FETCH response: facts may stand in front of the literal or behind it."""
    for index, item in enumerate(answer):
        if not isinstance(item, tuple):
            continue
        behind = answer[index + 1] if index + 1 < len(answer) and isinstance(answer[index + 1], bytes) else b""
        facts = item[0] + b" " + behind
        uid = _UID.search(facts)
        if uid:
            yield int(uid.group(1)), (facts, item[1])


def _flags(facts: bytes) -> Flags:
    found = _FLAGS.search(facts)
    words = found.group(1).decode("utf-8", "replace").split() if found else []
    lower = {word.lower() for word in words}
    keywords = [word for word in words if not word.startswith(("\\", "$")) and len(word) <= 100]
    return Flags(
        is_seen="\\seen" in lower,
        is_flagged="\\flagged" in lower,
        is_answered="\\answered" in lower,
        is_draft="\\draft" in lower,
        is_deleted="\\deleted" in lower,
        is_forwarded=bool(lower & {"$forwarded", "forwarded"}),
        keywords=tuple(dict.fromkeys(keywords))[:_MOST_KEYWORDS],
    )


def _date(facts: bytes) -> datetime | None:
    found = _INTERNAL_DATE.search(facts)
    if found is None:
        return None
    try:
        text = found.group(1).decode("ascii").strip()
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(response: tuple[str, list[Any]]) -> int:
    try:
        return int(response[1][-1])
    except (TypeError, ValueError, IndexError):
        return 0


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    """Return the data of an answer. Raises imaplib's error when it is not OK."""
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(str(data)[:200])
    return [item for item in data if item]


def _joined(item: Any) -> bytes:
    return b" ".join(part for part in item if isinstance(part, bytes)) if isinstance(item, tuple) else bytes(item)


def _no_host() -> Invalid:
    return Invalid(_("Write the name of the server, such as imap.example.org."), field="host")
