"""Names of categories as IMAP keywords, and back. Pure.

A keyword is an atom of ASCII (RFC 9051 §2.3.2); any other name is written in modified UTF-7, as mail programs do that
give their tags names.
"""

import base64
import binascii
import re
from typing import Final

LONGEST_NAME: Final = 60
_SPECIAL: Final = frozenset('(){%*"\\]&_')


def keyword_of(name: str) -> str:
    """Return the keyword for a category's name: blanks become underscores."""
    written, strange = "", ""
    for character in " ".join(name.split()):
        if character == " " or ("!" <= character <= "~" and character not in _SPECIAL):
            written += _encoded(strange) + ("_" if character == " " else character)
            strange = ""
        else:
            strange += character
    return written + _encoded(strange)


def name_of(keyword: str) -> str:
    """Return what people read; a keyword that is not written so stays as it is."""
    try:
        return re.sub(r"&([A-Za-z0-9+,]*)-", lambda found: _decoded(found.group(1)), keyword.replace("_", " "))
    except (ValueError, binascii.Error):
        return keyword


def _encoded(text: str) -> str:
    if not text:
        return ""
    octets = base64.b64encode(text.encode("utf-16-be", "surrogatepass")).rstrip(b"=")
    return f"&{octets.decode().replace('/', ',')}-"


def _decoded(text: str) -> str:
    octets = base64.b64decode(text.replace(",", "/") + "=" * (-len(text) % 4), validate=True)
    return octets.decode("utf-16-be")
