"""SMTP on the wire: commands and paths (RFC 5321 §4.1), and the message between DATA and its end. No I/O.

Lines end with CRLF and with nothing else. A bare CR or LF in a message makes two servers disagree about where it ends,
which lets a stranger smuggle a second message past the first one's checks (CVE-2023-51764 and its kin): such a message
is read to its real end and refused as a whole.
"""

import re
from dataclasses import dataclass, field
from enum import Enum

from mailapp.mime.addresses import ascii_domain, is_valid_addr_spec

LONGEST_COMMAND = 2_048  # RFC 5321 §4.5.3.1.4 asks for 512, RFC 3461, 6531 and long addresses for more
_VERB = re.compile(rb"[A-Za-z]{1,16}\Z")
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\U0010ffff]*))?\Z")
_SOURCE_ROUTE = re.compile(r"@[^:<>\s]+(?:,@[^:<>\s]+)*:")


class SyntaxProblem(Exception):
    """The line cannot be understood."""


@dataclass(frozen=True, slots=True)
class Command:
    verb: str  # upper case
    argument: str


@dataclass(frozen=True, slots=True)
class Path:
    """What stood between the angle brackets, and the parameters behind them, names in upper case."""

    address: str
    parameters: dict[str, str | None] = field(default_factory=dict)


def parse_command(line: bytes) -> Command:
    """Read a command line without its CRLF.

    Raises:
        SyntaxProblem: It is none, or has octets that no command has.
    """
    verb, _, argument = line.partition(b" ")
    if not _VERB.match(verb) or b"\r" in argument or b"\n" in argument or b"\0" in argument:
        raise SyntaxProblem
    try:
        return Command(verb.decode("ascii").upper(), argument.decode("utf-8").strip(" \t"))
    except UnicodeDecodeError as error:
        raise SyntaxProblem from error


def parse_path(argument: str, keyword: str, *, may_be_null: bool) -> Path:
    """Read ``FROM:<path> parameters`` or ``TO:<path> parameters``; a source route is dropped (RFC 5321 §3.3).

    Raises:
        SyntaxProblem: It does not look like that.
        ValueError: There is an address, but none that can be used.
    """
    if argument[: len(keyword)].upper() != keyword:
        raise SyntaxProblem
    rest = argument[len(keyword) :].lstrip(" ")
    if not rest.startswith("<"):
        raise SyntaxProblem
    end = _closing_bracket(rest)
    if end < 0:
        raise SyntaxProblem
    address = rest[1:end]
    tail = rest[end + 1 :]
    if tail and not tail.startswith(" "):
        raise SyntaxProblem
    return Path(_clean_address(address, may_be_null), _parameters(tail.split()))


def _closing_bracket(text: str) -> int:
    """Find the bracket that ends the path; one inside a quoted local part does not."""
    quoted = False
    position = 1
    while position < len(text):
        character = text[position]
        if quoted and character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif character == ">" and not quoted:
            return position
        position += 1
    return -1


def _clean_address(address: str, may_be_null: bool) -> str:
    if not address:
        if may_be_null:
            return ""
        raise ValueError("a null path")
    if route := _SOURCE_ROUTE.match(address):
        address = address[route.end() :]
    if address.lower() == "postmaster":
        return "postmaster"  # without a domain: this host's own (RFC 5321 §4.1.1.3)
    if not is_valid_addr_spec(address):
        raise ValueError("no usable address")
    local_part, _, domain = address.rpartition("@")
    return f"{local_part}@{domain if domain.startswith('[') else ascii_domain(domain)}"


def _parameters(words: list[str]) -> dict[str, str | None]:
    parameters: dict[str, str | None] = {}
    for word in words:
        found = _PARAMETER.match(word)
        if found is None or found.group(1).upper() in parameters:
            raise SyntaxProblem
        parameters[found.group(1).upper()] = found.group(2)
    return parameters


class Defect(Enum):
    """Why a message that was read to its end is refused."""

    TOO_BIG = "too big"
    BARE_LINE_END = "bare line end"
    LINE_TOO_LONG = "line too long"
    NO_SPACE = "no space"


class MessageReader:
    """Keeps the octets of a message that arrives in pieces, and judges them line by line.

    A message with a defect is read on without being kept, so that it costs no memory and its rest is not taken for
    commands.
    """

    def __init__(self, *, limit: int, longest_line: int) -> None:
        self.size = 0  # of the message itself
        self.defect: Defect | None = None
        self.is_complete = False
        self._limit = limit
        self._longest_line = longest_line
        self._kept: list[bytes] = []
        self._rest = b""  # an unfinished line
        self._rest_begins_line = True

    @property
    def kept_bytes(self) -> int:
        """How much memory the message takes now."""
        return len(self._rest) if self.defect else self.size + len(self._rest)

    def give_up(self, defect: Defect) -> None:
        """Stop keeping the message, for a reason outside of it."""
        self.defect = self.defect or defect
        self._kept.clear()

    def content(self) -> bytes:
        """Return the message; to be called once, when it is complete and without defect."""
        content = b"".join(self._kept)
        self._kept.clear()
        return content

    def _take(self, lines: bytes) -> None:
        """Keep whole lines, as they came."""
        if self.defect is None:
            self._judge(lines)
        self.size += len(lines)
        if self.defect is None and self.size > self._limit:
            self.defect = Defect.TOO_BIG
        if self.defect is None:
            self._kept.append(lines)
        else:
            self._kept.clear()

    def _judge(self, lines: bytes) -> None:
        line_ends = lines.count(b"\r\n")
        if lines.count(b"\n") != line_ends or lines.count(b"\r") != line_ends:
            self.defect = Defect.BARE_LINE_END
        elif len(lines) > self._longest_line and max(map(len, lines.split(b"\n"))) >= self._longest_line:
            self.defect = Defect.LINE_TOO_LONG

    def _hold(self, rest: bytes) -> None:
        """Keep an unfinished line for the next piece; of an endless one only what may be half a line end."""
        if len(rest) > self._longest_line + 1:
            self.defect = self.defect or Defect.LINE_TOO_LONG
            self._kept.clear()
            rest, self._rest_begins_line = rest[-1:], False
        self._rest = rest


class DataReader(MessageReader):
    """Reads the octets after 354 until the line that holds one dot, and takes doubled dots out."""

    def feed(self, octets: bytes) -> bytes:
        """Take the next piece, of any size. Returns what follows the end of the message, once there is one."""
        window = self._rest + octets
        if self._rest_begins_line and window.startswith(b".\r\n"):
            return self._end(b"", window[3:])
        end = window.find(b"\r\n.\r\n")
        if end >= 0:
            return self._end(window[: end + 2], window[end + 5 :])
        last = window.rfind(b"\r\n") + 2
        if last >= 2:
            self._take_stuffed(window[:last])
            window, self._rest_begins_line = window[last:], True
        self._hold(window)
        return b""

    def _end(self, lines: bytes, following: bytes) -> bytes:
        if lines:
            self._take_stuffed(lines)
        self._rest = b""
        self.is_complete = True
        return following

    def _take_stuffed(self, lines: bytes) -> None:
        """Take the first dot off lines that begin with one (RFC 5321 §4.5.2)."""
        if self._rest_begins_line and lines.startswith(b"."):
            lines = lines[1:]
        self._take(lines.replace(b"\r\n.", b"\r\n"))


class ChunkReader(MessageReader):
    """Reads the octets of BDAT commands (RFC 3030): counted, so nothing is doubled and nothing marks the end."""

    def feed(self, octets: bytes) -> None:
        window = self._rest + octets
        last = window.rfind(b"\r\n") + 2
        if last >= 2:
            self._take(window[:last])
            window, self._rest_begins_line = window[last:], True
        self._hold(window)

    def end(self) -> None:
        """Close the message; a last line without its end gets one."""
        if self._rest:
            self._take(self._rest + b"\r\n")
        self._rest = b""
        self.is_complete = True
