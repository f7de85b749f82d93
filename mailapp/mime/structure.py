"""The tree of a message: where each part begins and ends. Nothing is decoded here but headers.

Every node keeps its place in the octets it was read from, so a part can be cut out, measured or signed exactly.
Numbers are those of IMAP (RFC 9051 §6.4.5): parts of a multipart are counted from 1, a message that is no multipart
has its text as part 1, and the parts of an enclosed message continue its number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mailapp.mime import headers, limits, parameters, transfer
from mailapp.mime.headers import HeaderFields

MESSAGE_TYPES: Final = frozenset(("message/rfc822", "message/global", "message/news"))
_GUESSED_BOUNDARY: Final = re.compile(
    rb"^--([^\r\n]{1,200}?)[ \t]*\r?\n(?=Content-(?:Type|Transfer-Encoding|Disposition|ID)[ \t]*:)",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(slots=True, eq=False)
class Node:
    """A message, multipart or leaf. Octets: header ``source[start:body_start]``, body ``source[body_start:end]``."""

    number: str
    source: bytes
    start: int
    body_start: int
    end: int
    header: HeaderFields
    content_type: str
    parameters: dict[str, str]
    disposition: str
    disposition_parameters: dict[str, str]
    encoding: str
    children: list["Node"] = field(default_factory=list)
    message: "Node | None" = None  # the root of an enclosed message

    @property
    def is_multipart(self) -> bool:
        return bool(self.children)

    @property
    def main_type(self) -> str:
        return self.content_type.partition("/")[0]

    @property
    def encoded(self) -> bytes:
        return self.source[self.body_start : self.end]

    @property
    def octets(self) -> bytes:
        return transfer.decode(self.encoded, self.encoding)[0]

    @property
    def size_bytes(self) -> int:
        return transfer.decoded_size(self.encoded, self.encoding)

    @property
    def content_id(self) -> str:
        return self.header.text("content-id").strip().strip("<>").strip()[:998]

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, enclosed messages included, in the order of the octets."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            if node.message:
                waiting.append(node.message)
            waiting.extend(reversed(node.children))

    def leaves(self) -> Iterator["Node"]:
        """The parts that have content of their own; an enclosed message is one of them, and so are its parts."""
        return (node for node in self.walk() if not node.children and node.number)


@dataclass(slots=True)
class _Budget:
    parts: int = limits.MAX_PARTS
    header_bytes: int = limits.MAX_HEADER_BYTES_IN_ALL
    defects: set[str] = field(default_factory=set)


def read(raw: bytes, number: str = "") -> tuple[Node, set[str]]:
    """Return the tree of a message and what was wrong with it. Never raises; bounded by ``limits``.

    ``number`` is that of the part the octets were taken out of.
    """
    budget = _Budget()
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")  # same length, so places stay true
    root = _message(raw, 0, len(raw), number, 0, budget)
    return root, budget.defects


def _message(source: bytes, start: int, end: int, number: str, depth: int, budget: _Budget) -> Node:
    """Read a whole message whose container has that number; a text of its own gets number ``<number>.1``."""
    return _entity(source, start, end, number, depth, budget, "text/plain", is_message=True)


def _entity(
    source: bytes,
    start: int,
    end: int,
    number: str,
    depth: int,
    budget: _Budget,
    default: str,
    *,
    is_message: bool = False,
) -> Node:
    header, body_start = headers.read(source, start, end, budget.header_bytes)
    budget.header_bytes = max(0, budget.header_bytes - (body_start - start))
    budget.parts -= 1
    kind, type_parameters = parameters.content_type(header.text("content-type"))
    if charset := type_parameters.get("charset"):
        header.charset_hint = charset  # programs that write raw octets into a header write them in the text's charset
        if not header.raw("content-type").isascii():
            kind, type_parameters = parameters.content_type(header.text("content-type"))
    disposition, disposition_parameters = parameters.parse(header.text("content-disposition"))
    if not kind:
        is_named = "name" in type_parameters or "filename" in disposition_parameters
        kind = "application/octet-stream" if header.raw("content-type") and is_named else default
    encoding = transfer.name_of(header.text("content-transfer-encoding"))
    if encoding not in transfer.KNOWN:
        budget.defects.add("encoding_unknown")
        encoding = ""
    if disposition not in ("inline", "attachment"):
        disposition = "attachment" if "filename" in disposition_parameters and disposition else ""
    budget.defects |= header.defects
    own_number = number
    if is_message and not kind.startswith("multipart/"):
        own_number = f"{number}.1" if number else "1"
    node = Node(
        own_number, source, start, body_start, end, header, kind, type_parameters, disposition, disposition_parameters,
        encoding,
    )  # fmt: skip
    if kind.startswith("multipart/"):
        _take_apart(node, depth, budget)
        if is_message and not node.children:
            node.number = f"{number}.1" if number else "1"
    elif kind in MESSAGE_TYPES:
        _open_message(node, depth, budget)
    return node


def _open_message(node: Node, depth: int, budget: _Budget) -> None:
    if depth >= limits.MAX_DEPTH:
        budget.defects.add("too_deep")
        return
    if budget.parts <= 0:
        budget.defects.add("too_many_parts")
        return
    if node.encoding in ("base64", "quoted-printable", "x-uuencode"):  # RFC 2046 §5.2.1 forbids it; it happens
        octets = node.octets
        node.message = _message(octets, 0, len(octets), node.number, depth + 1, budget)
    else:
        node.message = _message(node.source, node.body_start, node.end, node.number, depth + 1, budget)


def _take_apart(node: Node, depth: int, budget: _Budget) -> None:
    if depth >= limits.MAX_DEPTH:
        budget.defects.add("too_deep")
        node.content_type = "application/octet-stream"
        return
    boundary = node.parameters.get("boundary", "").rstrip(" \t")
    spans = _spans(node, boundary.encode("utf-8", "surrogateescape"), budget) if boundary else []
    if not spans:
        budget.defects.add("boundary_missing")
        guessed = _GUESSED_BOUNDARY.search(node.source, node.body_start, node.end)
        spans = _spans(node, guessed.group(1), budget) if guessed else []
    if not spans:
        node.content_type = "text/plain"  # what there is can be read as it stands
        return
    default = "message/rfc822" if node.content_type == "multipart/digest" else "text/plain"
    for count, (start, end) in enumerate(spans, start=1):
        if budget.parts <= 0:
            budget.defects.add("too_many_parts")
            break
        number = f"{node.number}.{count}" if node.number else str(count)
        node.children.append(_entity(node.source, start, end, number, depth + 1, budget, default))


def _spans(node: Node, boundary: bytes, budget: _Budget) -> list[tuple[int, int]]:
    """Return where the parts between the delimiters begin and end (RFC 2046 §5.1.1)."""
    source, end = node.source, node.end
    delimiter = b"--" + boundary
    spans: list[tuple[int, int]] = []
    part_start = -1
    position = node.body_start
    while True:
        found = source.find(delimiter, position, end)
        if found < 0:
            break
        after = found + len(delimiter)
        position = after
        if found > node.body_start and source[found - 1] != 0x0A:
            continue
        line_end = source.find(b"\n", after, end)
        line_end = end if line_end < 0 else line_end
        rest = source[after : min(line_end, after + 1000)].rstrip()
        is_close = rest == b"--" or (rest.startswith(b"--") and not rest[2:].strip(b"-"))
        if rest and not is_close:
            continue  # the boundary of another multipart that begins with ours
        if part_start >= 0:
            part_end = found - 1 if found > part_start else found
            if part_end > part_start and source[part_end - 1] == 0x0D:
                part_end -= 1
            spans.append((part_start, max(part_start, part_end)))
            part_start = -1
            if len(spans) > limits.MAX_PARTS:
                budget.defects.add("too_many_parts")
                return spans
        if is_close:
            return spans
        part_start = min(end, line_end + 1)
    if part_start >= 0:
        budget.defects.add("boundary_not_closed")
        spans.append((part_start, end))
    return spans
