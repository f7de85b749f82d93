"""Numbers that somebody else has written."""

import re

_NATURAL = re.compile(r"[0-9]{1,15}\Z")


def natural(text: str | bytes) -> int | None:
    """Return a number from 0 to 10^15 - 1 written in ASCII digits; None for anything else.

    ``str.isdigit`` also says yes to "²", and ``int`` refuses more than 4,300 digits.
    """
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    return int(text) if _NATURAL.match(text) else None
