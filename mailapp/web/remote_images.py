"""Fetching remote images for the reader, so that the sender learns neither address nor browser of who reads.

How is ``guarded_http``; here each redirect is checked like the first address, and what comes back is an image by its
octets or nothing.
"""

import time
from dataclasses import dataclass
from urllib.parse import urljoin

from mailapp import guarded_http
from mailapp.guarded_http import Refused, Resolve

LARGEST_BYTES = 10 * 1024 * 1024
SECONDS_IN_ALL = 15.0
MOST_REDIRECTS = 4
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADER_FIELDS = {"Accept": "image/webp,image/png,image/jpeg,image/gif"}

ImageRefused = Refused  # the image is not shown


@dataclass(frozen=True, slots=True)
class Image:
    content_type: str
    octets: bytes


def fetch(url: str, *, allow_private: bool = False, resolve: Resolve | None = None) -> Image:
    """Return the image behind the address; the arguments are those of ``guarded_http.ask``.

    Raises:
        ImageRefused: Whatever the reason.
    """
    deadline = time.monotonic() + SECONDS_IN_ALL
    for _ in range(MOST_REDIRECTS + 1):
        with guarded_http.ask(
            url, _HEADER_FIELDS, deadline=deadline, allow_private=allow_private, resolve=resolve
        ) as answer:
            location = answer.headers.get("Location")
            if answer.status in _REDIRECTS and location:
                url = urljoin(url, location)
                continue
            if answer.status != 200:
                raise ImageRefused(f"status {answer.status}")
            octets = guarded_http.read(answer, LARGEST_BYTES)
        content_type = image_type(octets)
        if not content_type:
            raise ImageRefused("no image")
        return Image(content_type, octets)
    raise ImageRefused("too many redirects")


def image_type(octets: bytes) -> str:
    """Return the type of a raster image by its first octets, or an empty string. SVG is a program, not an image."""
    if octets.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if octets.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if octets.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if octets[:4] == b"RIFF" and octets[8:12] == b"WEBP":
        return "image/webp"
    return ""
