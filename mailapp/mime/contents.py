"""What a message says and carries: its texts in reading order, and every other part in its place.

The tree (``structure``) knows only MIME; here it is decided which of several alternatives are read, what is shown
inside the text, what is an attachment, and what only serves the machinery. Containers that are no MIME (uuencoded
blocks, winmail.dat, signed data) are opened here.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from mailapp.mime import charsets, encoded_words, file_names, limits, quoting, smime, structure, tnef, transfer
from mailapp.mime.html_text import html_to_text
from mailapp.mime.model import Part
from mailapp.mime.plain_text import text_to_html
from mailapp.mime.structure import Node

_CALENDAR_TYPES: Final = frozenset(("text/calendar", "application/ics"))
_TNEF_TYPES: Final = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_PKCS7_TYPES: Final = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_SIGNATURE_TYPES: Final = frozenset(
    ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
)
# Read by programs: what they say stands in the text beside them.
_REPORT_TYPES: Final = frozenset(
    (
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/global-delivery-status",
        "message/global-disposition-notification",
        "message/global-headers",
        "text/rfc822-headers",
    )
)
_ALTERNATIVES_NOT_READ: Final = frozenset(("text/x-amp-html", "text/watch-html", "application/applefile"))
_FOR_PROGRAMS: Final = _REPORT_TYPES | _ALTERNATIVES_NOT_READ | {"application/pgp-encrypted"}
_RICH_TEXT_TYPES: Final = frozenset(("text/enriched", "text/richtext"))
_PGP_ENCRYPTED: Final = re.compile(r"^-----BEGIN PGP MESSAGE-----[ \t]*$", re.MULTILINE)
_PGP_SIGNED: Final = re.compile(r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*$", re.MULTILINE)
_CID: Final = re.compile(r"cid:([^\s\"'<>)]{1,1000})", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MOST_OCTETS: Final = 4 * limits.MAX_TEXT_CHARACTERS


@dataclass(slots=True, eq=False)
class Leaf:
    """A part with content. ``node`` is where it stands; parts out of containers have only ``data``."""

    number: str
    content_type: str
    node: Node | None = None
    data: bytes = b""
    file_name: str = ""  # as declared
    charset: str | None = None
    content_id: str = ""
    content_location: str = ""
    disposition: str = ""
    description: str = ""
    method: str = ""
    is_related: bool = False

    @property
    def octets(self) -> bytes:
        return self.node.octets if self.node else self.data

    @property
    def size_bytes(self) -> int:
        return self.node.size_bytes if self.node else len(self.data)


@dataclass(slots=True)
class Piece:
    """A stretch of the text: plain, HTML, or the same said in both."""

    text: str | None
    html: str | None = None


@dataclass(slots=True)
class Contents:
    root: Node
    defects: set[str]
    pieces: list[Piece] = field(default_factory=list)
    bodies: list[Leaf] = field(default_factory=list)
    attachments: list[Leaf] = field(default_factory=list)
    inline: list[Leaf] = field(default_factory=list)
    calendars: list[Leaf] = field(default_factory=list)
    others: list[Leaf] = field(default_factory=list)
    signature_kind: str = ""
    is_encrypted: bool = False
    is_bounce: bool = False
    names: dict[str, str] = field(default_factory=dict)  # number -> safe file name

    @property
    def text(self) -> str:
        texts = (piece.text if piece.text is not None else html_to_text(piece.html or "") for piece in self.pieces)
        return "\n\n".join(text for text in texts if text.strip())[: limits.MAX_TEXT_CHARACTERS]

    @property
    def html(self) -> str | None:
        if not any(piece.html is not None for piece in self.pieces):
            return None
        return "\n".join(
            piece.html if piece.html is not None else wrapped_text(piece.text or "") for piece in self.pieces
        )

    def leaves(self) -> list[Leaf]:
        return [*self.bodies, *self.attachments, *self.inline, *self.calendars, *self.others]

    def part(self, leaf: Leaf, *, is_inline: bool = False) -> Part:
        return Part(
            number=leaf.number,
            content_type=leaf.content_type,
            charset=leaf.charset,
            file_name=self.names.get(leaf.number, ""),
            size_bytes=leaf.size_bytes,
            content_id=leaf.content_id,
            disposition=leaf.disposition,
            is_inline=is_inline,
            description=leaf.description,
            method=leaf.method,
        )


def wrapped_text(text: str) -> str:
    """Return plain text as a piece of an HTML message."""
    return f'<div style="white-space:pre-wrap">{text_to_html(text)}</div>'


def read(raw: bytes) -> Contents:
    """Take a message apart. Never raises."""
    root, defects = structure.read(raw)
    contents = Contents(root, defects)
    reader = _Reader(contents)
    contents.pieces = reader.collect(root)
    if not contents.pieces:
        contents.pieces = reader.unpacked_bodies[:1] or reader.what_programs_read()
    reader.sort_out_inline()
    _give_names(contents)
    return contents


class _Reader:
    """Walks the tree once, in reading order."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.unpacked_bodies: list[Piece] = []  # of winmail.dat, if there is no other
        self._candidates: list[Leaf] = []  # may be shown inside the HTML
        self._signed_depth = 0

    def collect(self, node: Node, *, is_related: bool = False) -> list[Piece]:
        if not node.children:
            return self._leaf(node, is_related)
        kind = node.content_type.partition("/")[2]
        if kind == "alternative":
            return self._alternative(node)
        if kind == "related":
            return self._related(node)
        if kind == "signed":
            self.contents.signature_kind = _kind_of_signature(node)
            return [piece for child in node.children for piece in self.collect(child)]
        if kind == "encrypted":
            self.contents.is_encrypted = True
        if kind == "report":
            self.contents.is_bounce |= _is_bounce(node)
        return [piece for child in node.children for piece in self.collect(child, is_related=is_related)]

    def _alternative(self, node: Node) -> list[Piece]:
        """Of several ways of saying the same take the plain one and the last one in HTML (RFC 2046 §5.1.4)."""
        plain: list[Piece] = []
        rich: list[Piece] = []
        for child in node.children:
            if child.content_type in _ALTERNATIVES_NOT_READ:
                self.contents.others.append(leaf_of(child))
                continue
            pieces = self.collect(child)
            if any(piece.html is not None for piece in pieces):
                rich = pieces
            elif pieces and not plain:
                plain = pieces
        if not rich:
            return plain
        text = "\n\n".join(piece.text or "" for piece in plain)
        if not text.strip():
            return rich
        return [
            Piece(text, rich[0].html or wrapped_text(rich[0].text or "")),
            *(Piece("", piece.html) for piece in rich[1:]),
        ]

    def _related(self, node: Node) -> list[Piece]:
        start = node.parameters.get("start", "").strip("<> ")
        root = next((child for child in node.children if start and child.content_id == start), node.children[0])
        pieces = self.collect(root)
        for child in node.children:
            if child is not root:
                pieces.extend(self.collect(child, is_related=True))
        return pieces

    def _leaf(self, node: Node, is_related: bool) -> list[Piece]:
        leaf = leaf_of(node)
        leaf.is_related = is_related
        kind = leaf.content_type
        if kind.startswith("text/") and self._is_body(leaf, is_related):
            return self._body(leaf)
        if kind in _TNEF_TYPES or leaf.file_name.lower() == "winmail.dat":
            self._open_tnef(leaf)
        elif kind in _PKCS7_TYPES:
            return self._open_pkcs7(leaf)
        elif kind in _FOR_PROGRAMS or (kind in _SIGNATURE_TYPES and self.contents.signature_kind):
            self.contents.others.append(leaf)
        elif _is_calendar(leaf):
            self.contents.calendars.append(leaf)
        elif leaf.content_id or leaf.content_location or is_related:
            self._candidates.append(leaf)
        else:
            self.contents.attachments.append(leaf)
        return []

    def _is_body(self, leaf: Leaf, is_related: bool) -> bool:
        if leaf.content_type not in ("text/plain", "text/html") and leaf.content_type not in _RICH_TEXT_TYPES:
            return False
        is_root = leaf.node is self.contents.root
        if leaf.disposition == "attachment" and (leaf.file_name or not is_root):
            return False
        if is_related and (leaf.content_id or leaf.file_name):
            return False
        if leaf.file_name and not is_root:
            if self.contents.bodies:
                return False
            self.contents.attachments.append(leaf)  # it may be meant as either
        return True

    def _body(self, leaf: Leaf) -> list[Piece]:
        octets = leaf.octets[:_MOST_OCTETS]
        is_html = leaf.content_type == "text/html"
        if leaf.node and leaf.node.encoding == "base64" and leaf.node.size_bytes:
            self._note_base64(leaf.node)
        files = transfer.uuencoded(octets) if leaf.content_type == "text/plain" else []
        if files:
            octets = self._cut_out(leaf, octets, files)
        text, was_guessed = charsets.decode(octets, leaf.charset, is_html=is_html)
        if was_guessed:
            self.contents.defects.add("charset_guessed")
        if "\0" in text:
            self.contents.defects.add("nul_octets")
        text = _plain_lines(text)
        most = 2 * limits.MAX_HTML_CHARACTERS if is_html else limits.MAX_TEXT_CHARACTERS
        if len(text) > most or leaf.size_bytes > _MOST_OCTETS:
            self.contents.defects.add("text_truncated")
            text = text[:most]
        self.contents.bodies.append(leaf)
        if is_html:
            return [Piece(None, text)]
        if leaf.content_type in _RICH_TEXT_TYPES:
            return [Piece(_without_enrichment(text))]
        parameters = leaf.node.parameters if leaf.node else {}
        if parameters.get("format", "").lower() == "flowed":
            text = quoting.unflow(text, delsp=parameters.get("delsp", "").lower() == "yes")
        self._note_openpgp(text)
        return [Piece(text.strip("\n"))] if text.strip() else []

    def _note_base64(self, node: Node) -> None:
        if not transfer.decode(node.encoded[:1_000_000], "base64")[1] and len(node.encoded) <= 1_000_000:
            self.contents.defects.add("base64_broken")

    def _note_openpgp(self, text: str) -> None:
        if "-----BEGIN PGP " in text:
            if _PGP_ENCRYPTED.search(text):
                self.contents.is_encrypted = True
            elif _PGP_SIGNED.search(text):
                self.contents.signature_kind = self.contents.signature_kind or "openpgp"

    def _cut_out(self, leaf: Leaf, octets: bytes, files: list[tuple[str, bytes, int, int]]) -> bytes:
        kept: list[bytes] = []
        position = 0
        for count, (name, content, start, end) in enumerate(files, start=1):
            kept.append(octets[position:start])
            position = end
            self.contents.attachments.append(
                Leaf(
                    f"{leaf.number}.uu.{count}",
                    file_names.type_of(name),
                    data=content,
                    file_name=charsets.decode(name.encode("latin-1"), leaf.charset)[0],
                    disposition="attachment",
                )
            )
        return b"".join((*kept, octets[position:]))

    def _open_tnef(self, leaf: Leaf) -> None:
        unpacked = tnef.unpack(leaf.octets)
        if unpacked is None:
            self.contents.defects.add("tnef_unreadable")
            self.contents.attachments.append(leaf)
            return
        self.contents.others.append(leaf)
        for count, attachment in enumerate(unpacked.attachments, start=1):
            found = Leaf(
                f"{leaf.number}.tnef.{count}",
                attachment.content_type if "/" in attachment.content_type else file_names.type_of(attachment.name),
                data=attachment.octets,
                file_name=attachment.name,
                content_id=attachment.content_id,
                disposition="attachment",
            )
            (self._candidates if found.content_id else self.contents.attachments).append(found)
        if unpacked.html or unpacked.text:
            html = unpacked.html[: 2 * limits.MAX_HTML_CHARACTERS] or None
            text = _plain_lines(unpacked.text[: limits.MAX_TEXT_CHARACTERS]).strip("\n")
            self.unpacked_bodies.append(Piece(text or None, html))

    def _open_pkcs7(self, leaf: Leaf) -> list[Piece]:
        octets = leaf.octets
        kind = smime.kind_of(octets)
        if kind == "signed" and self._signed_depth < limits.MAX_SIGNED_CONTENT_DEPTH:
            content = smime.signed_content(octets)
            if content:
                self.contents.signature_kind = "smime"
                self.contents.others.append(leaf)
                inner, defects = structure.read(content, f"{leaf.number}.smime")
                self.contents.defects |= defects
                self._signed_depth += 1
                pieces = self.collect(inner)
                self._signed_depth -= 1
                return pieces
        if kind == "enveloped" or (
            not kind and "signed" not in (leaf.node.parameters.get("smime-type", "") if leaf.node else "")
        ):
            self.contents.is_encrypted = True
        self.contents.attachments.append(leaf)
        return []

    def what_programs_read(self) -> list[Piece]:
        """Return a report as text, for a message that says nothing else."""
        for leaf in self.contents.others:
            if leaf.content_type in _REPORT_TYPES:
                text = charsets.decode(leaf.octets[: limits.MAX_TEXT_CHARACTERS], leaf.charset)[0]
                return [Piece(_plain_lines(text).strip("\n"))]
        return []

    def sort_out_inline(self) -> None:
        """What the HTML refers to is shown there; the rest is attached."""
        html = " ".join(piece.html for piece in self.contents.pieces if piece.html)
        referred = {unquote(found).strip().lower() for found in _CID.findall(html)} if self._candidates else set()
        for leaf in self._candidates:
            is_shown = leaf.content_id.lower() in referred if leaf.content_id else False
            if not is_shown and leaf.content_location and leaf.content_location in html:
                is_shown = True
            if is_shown:
                self.contents.inline.append(leaf)
            elif leaf.is_related and not leaf.file_name and leaf.content_type in ("text/css", "text/html", "text/xml"):
                self.contents.others.append(leaf)
            else:
                self.contents.attachments.append(leaf)
        if self._candidates:
            order = {number: place for place, number in enumerate(self._numbers())}
            self.contents.attachments.sort(key=lambda leaf: order.get(leaf.number.split(".tnef")[0].split(".uu")[0], 0))

    def _numbers(self) -> list[str]:
        return [node.number for node in self.contents.root.walk()]


def _plain_lines(text: str) -> str:
    """Return the text without controls, its lines ended by LF."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))


def leaf_of(node: Node) -> Leaf:
    declared = node.disposition_parameters.get("filename") or node.parameters.get("name") or ""
    return Leaf(
        node.number,
        node.content_type,
        node=node,
        file_name=encoded_words.decode(declared),
        charset=node.parameters.get("charset", "").lower()[:100] or None,
        content_id=node.content_id,
        content_location=node.header.text("content-location")[:2000],
        disposition=node.disposition,
        description=encoded_words.decode(node.header.text("content-description"))[:500],
        method=node.parameters.get("method", "").upper()[:20],
    )


def _is_calendar(leaf: Leaf) -> bool:
    is_named = leaf.file_name.lower().endswith(".ics") and leaf.content_type == "application/octet-stream"
    return leaf.content_type in _CALENDAR_TYPES or is_named


def _kind_of_signature(node: Node) -> str:
    protocol = node.parameters.get("protocol", "").lower()
    types = {child.content_type for child in node.children[1:]}
    if "pgp" in protocol or "application/pgp-signature" in types:
        return "openpgp"
    return "smime" if "pkcs7" in protocol or types & _SIGNATURE_TYPES else ""


def _is_bounce(node: Node) -> bool:
    if node.parameters.get("report-type", "").lower() == "delivery-status":
        return True
    return any(
        child.content_type in ("message/delivery-status", "message/global-delivery-status") for child in node.children
    )


def _without_enrichment(text: str) -> str:
    """Text/enriched (RFC 1896): commands in angle brackets, ``<<`` for one bracket, single line ends are blanks."""
    text = re.sub(r"<param>.{0,1000}?</param>", "", text, flags=re.IGNORECASE | re.DOTALL)
    text = re.sub(r"<(?!<)/?[A-Za-z-]{0,60}>", "", text).replace("<<", "<")
    return re.sub(r"\n(\n*)", lambda found: found.group(1) or " ", text).strip()


def name_of(leaf: Leaf, count: str = "") -> str:
    """Return a safe name; ``count`` makes those that came without one different from each other."""
    name = file_names.clean(leaf.file_name)
    if not name and leaf.node and leaf.node.message:
        subject = encoded_words.decode(leaf.node.message.header.text("subject")[: limits.MAX_SUBJECT_CHARACTERS])
        name = file_names.for_message(subject)
    return name or file_names.made_up(leaf.content_type, count or leaf.number)


def _give_names(contents: Contents) -> None:
    """Give every part but the texts a safe name, the same whenever the message is read."""
    for count, leaf in enumerate((*contents.attachments, *contents.calendars), start=1):
        contents.names[leaf.number] = name_of(leaf, str(count))
    for leaf in (*contents.inline, *contents.others):
        contents.names[leaf.number] = name_of(leaf)
