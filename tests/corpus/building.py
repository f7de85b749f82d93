"""Pieces that the messages of this folder are put together from."""

import base64
import struct
import zlib

DATE = "Tue, 3 Nov 2026 09:15:00 +0100"


def message(
    body: str | bytes,
    *,
    subject: str = "A message",
    kind: str = "text/plain; charset=utf-8",
    encoding: str = "",
    from_: str = "Alice Martin <alice@example.test>",
    to: str = "Bob Stone <bob@example.test>",
    date: str = DATE,
    message_id: str = "",
    more: str = "",
    codec: str = "utf-8",
) -> bytes:
    """Return a message with CRLF line ends; empty values leave a field out."""
    fields = [f"From: {from_}" if from_ else "", f"To: {to}" if to else "", f"Subject: {subject}" if subject else ""]
    fields += [f"Date: {date}" if date else ""]
    fields += [f"Message-ID: {message_id or identifier(subject)}" if message_id != "-" else "", "MIME-Version: 1.0"]
    fields += [f"Content-Type: {kind}" if kind else "", f"Content-Transfer-Encoding: {encoding}" if encoding else ""]
    head = "\n".join(field for field in (*fields, *more.strip("\n").split("\n")) if field)
    octets = body if isinstance(body, bytes) else crlf(body).encode(codec)
    return crlf(head + "\n\n").encode(codec, "surrogateescape") + octets


def identifier(subject: str) -> str:
    return f"<{zlib.crc32(subject.encode('utf-8', 'surrogateescape')):08x}@mail.example.test>"


def crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def part(kind: str, body: str | bytes, *, encoding: str = "", more: str = "") -> bytes:
    fields = [f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}" if encoding else "", *more.split("\n")]
    octets = body if isinstance(body, bytes) else crlf(body).encode()
    return crlf("\n".join(field for field in fields if field) + "\n\n").encode() + octets


def multipart(boundary: str, *parts: bytes, preamble: str = "") -> bytes:
    octets = crlf(preamble).encode()
    for one in parts:
        octets += f"\r\n--{boundary}\r\n".encode() + one
    return octets + f"\r\n--{boundary}--\r\n".encode()


def b64(octets: bytes) -> str:
    return base64.encodebytes(octets).decode().replace("\n", "\r\n")


def attached(kind: str, name: str, octets: bytes, disposition: str = "attachment", more: str = "") -> bytes:
    fields = f'Content-Disposition: {disposition}; filename="{name}"' + (f"\n{more}" if more else "")
    return part(f'{kind}; name="{name}"', b64(octets), encoding="base64", more=fields)


def png(red: int, green: int, blue: int, size: int = 8) -> bytes:
    """Return a picture of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + bytes((red, green, blue)) * size) * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
TEXT = "Good morning,\n\nthe figures of October are in the table below.\n\nAlice\n"
HTML = "<html><body><p>Good morning,</p><p>the figures of <b>October</b> are in the table below.</p></body></html>\n"
PICTURE_HTML = '<html><body><p>Our new logo:</p><img src="cid:logo@example.test" alt="Logo"></body></html>\n'


def tnef(*, text: str = "", rich: bytes = b"", files: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """Return a winmail.dat (MS-OXTNEF)."""

    def one(level: int, name: int, kind: int, data: bytes) -> bytes:
        head = struct.pack("<BHHI", level, name, kind, len(data))
        return head + data + struct.pack("<H", sum(data) & 0xFFFF)

    def prop(kind: int, name: int, data: bytes) -> bytes:
        padded = data + bytes(-len(data) % 4)
        return struct.pack("<HHII", kind, name, 1, len(data)) + padded

    octets = struct.pack("<IH", 0x223E9F78, 1) + one(1, 0x9006, 8, struct.pack("<I", 0x10000))
    octets += one(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    props = []
    if text:
        props.append(prop(0x1E, 0x1000, text.encode("cp1252") + b"\0"))
    if rich:
        props.append(prop(0x102, 0x1009, rich))
    if props:
        octets += one(1, 0x9003, 6, struct.pack("<I", len(props)) + b"".join(props))
    for name, content in files:
        octets += one(2, 0x9002, 6, bytes(14))
        octets += one(2, 0x8010, 1, name[:8].encode("ascii", "replace") + b".dat\0")
        octets += one(2, 0x800F, 6, content)
        long = prop(0x1E, 0x3707, name.encode("cp1252") + b"\0")
        octets += one(2, 0x9005, 6, struct.pack("<I", 1) + long)
    return octets


def compressed_rich_text(rich: bytes) -> bytes:
    """Return rich text in the uncompressed form of MS-OXRTFCP."""
    return struct.pack("<II4sI", len(rich) + 12, len(rich), b"MELA", 0) + rich
