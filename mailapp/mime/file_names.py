"""Names of attachments: safe to show, to offer for download and to save on any system."""

import re
import unicodedata
from typing import Final

from mailapp.mime.limits import MAX_FILE_NAME_CHARACTERS

# Controls, separators, halves of surrogate pairs, and what is invisible or turns the direction of reading: with the
# latter "annexe\u202efdp.exe" would look like a PDF.
_UNWANTED: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|\Z)", re.IGNORECASE)
_LONGEST_EXTENSION: Final = 20

_EXTENSIONS: Final = {
    "application/gzip": "gz",
    "application/ics": "ics",
    "application/json": "json",
    "application/ms-tnef": "dat",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "asc",
    "application/pgp-keys": "asc",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/x-pkcs7-mime": "p7m",
    "application/x-pkcs7-signature": "p7s",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tiff",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/global": "eml",
    "message/news": "eml",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/css": "css",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/rtf": "rtf",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/xml": "xml",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
}


_TYPES: Final = {
    **{extension: content_type for content_type, extension in reversed(_EXTENSIONS.items())},
    "asc": "application/octet-stream",
    "bin": "application/octet-stream",
    "dat": "application/octet-stream",
    "eml": "message/rfc822",
    "htm": "text/html",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "rtf": "text/rtf",
    "tif": "image/tiff",
    "txt": "text/plain",
    "xml": "application/xml",
}


def clean(name: str) -> str:
    """Return the last part of the path, without anything a system or a reader could be tricked by; may be empty."""
    name = _UNWANTED.sub("", name[:10_000]).replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    name = _FORBIDDEN.sub("_", " ".join(unicodedata.normalize("NFC", name).split()))
    name = name.strip(" .") if not name.strip(". ") else name.lstrip(" ").rstrip(" .")
    if name.startswith("."):
        name = "_" + name.lstrip(".") if name.lstrip(".") else ""
    if _RESERVED.match(name):
        name = "_" + name
    return _shorten(name)


def _shorten(name: str) -> str:
    if len(name) <= MAX_FILE_NAME_CHARACTERS:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > _LONGEST_EXTENSION:
        return name[:MAX_FILE_NAME_CHARACTERS].rstrip(" .")
    return stem[: MAX_FILE_NAME_CHARACTERS - len(extension) - 1].rstrip(" .") + "." + extension


def made_up(content_type: str, count: int | str) -> str:
    """Return a name for an attachment that came without one: ``attachment-2.pdf``."""
    extension = _EXTENSIONS.get(content_type, "txt" if content_type.startswith("text/") else "bin")
    return f"attachment-{count}.{extension}"


def type_of(name: str) -> str:
    """Return the content type that the ending of a name stands for."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return _TYPES.get(extension, "application/octet-stream")


def for_message(subject: str) -> str:
    """Return the name under which a message is saved."""
    name = clean(subject.replace("/", "-").replace("\\", "-"))[:100].rstrip(" .")
    return f"{name}.eml" if name else ""


def with_extension(name: str, content_type: str) -> str:
    """Give a name the ending of its type if it has none at all."""
    if "." in name or content_type not in _EXTENSIONS:
        return name
    return f"{name}.{_EXTENSIONS[content_type]}"
