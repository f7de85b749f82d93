"""Pictures of people: checked, turned upright, made small, and written anew, so that nothing else travels in them."""

import io
from base64 import b64encode

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from mailapp.contacts import vcards
from workmail.errors import Invalid, LimitExceeded

LARGEST_UPLOAD = 10_000_000
LARGEST_KEPT = 100_000  # octets; a picture in a card that is larger is made smaller
SIDE = 400
_MOST_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")


def reencode(octets: bytes) -> bytes:
    """Return a JPEG of at most ``SIDE`` pixels a side.

    Raises:
        LimitExceeded: It is too large to be opened.
        Invalid: It is no picture.
    """
    if len(octets) > LARGEST_UPLOAD:
        raise LimitExceeded(_("This picture is too large. Choose one of at most 10 MB."), field="photo")
    try:
        with Image.open(io.BytesIO(octets), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise LimitExceeded(_("This picture has too many pixels. Choose a smaller one."), field="photo")
            image.draft("RGB", (SIDE * 2, SIDE * 2))
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Invalid(_("This file is not a picture that can be read. Choose a JPEG or PNG."), field="photo") from error
    upright.thumbnail((SIDE, SIDE))
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright.getchannel("A"))
    written = io.BytesIO()
    flat.save(written, "JPEG", quality=85, optimize=True)
    return written.getvalue()


def data_uri(octets: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(octets).decode('ascii')}"


def of(card: vcards.Card) -> bytes | None:
    """Return the picture of a card as a JPEG to show, or None when it has none that can be shown."""
    photo = card.first("PHOTO")
    data = vcards.data_of(photo.value) if photo else None
    if data is None:
        return None
    try:
        return reencode(data[1])
    except (Invalid, LimitExceeded):
        return None


def bound(card: vcards.Card) -> bool:
    """Make large pictures of a card small, in place. Returns False when one could not be read and was left out."""
    all_read = True
    for photo in card.all("PHOTO"):
        data = vcards.data_of(photo.value)
        if data is None or len(data[1]) <= LARGEST_KEPT:
            continue
        try:
            photo.value = data_uri(reencode(data[1]))
        except (Invalid, LimitExceeded):
            card.properties = [each for each in card.properties if each is not photo]
            all_read = False
    return all_read
