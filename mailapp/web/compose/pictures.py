"""Pictures in the text: on the page they have an address, in the message a Content-ID. Pure but for the address."""

import re
from uuid import UUID

from django.urls import reverse

from mailapp.composing.uploads import content_id_of

_NOBODY = UUID(int=0)
_UUID = r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
_CONTENT_ID = re.compile(r'"cid:([0-9a-f]{32})@workmail"')


def url_of(upload_id: UUID) -> str:
    return reverse("mail:compose_file", args=[upload_id])


def for_page(html: str) -> str:
    """Return the HTML of a draft with addresses that the browser can load."""
    return _CONTENT_ID.sub(lambda found: f'"{url_of(UUID(hex=found.group(1)))}"', html)


def from_page(html: str) -> str:
    """Return the HTML of a page with Content-IDs; what it shows of other drafts falls to the sanitizer."""
    before, after = url_of(_NOBODY).split(str(_NOBODY))
    address = re.compile(rf"""(["'])(?:https?://[^/"'\s]+)?{re.escape(before)}{_UUID}{re.escape(after)}\1""")
    return address.sub(lambda found: f'"cid:{content_id_of(UUID(found.group(2)))}"', html)
