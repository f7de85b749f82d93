"""Writing a message with 8-bit octets anew for a host that takes only seven (RFC 6152 §3). Pure."""

import email
import email.policy
from email.generator import BytesGenerator
from io import BytesIO

_POLICY = email.policy.compat32.clone(linesep="\r\n", cte_type="7bit", max_line_length=None)


def converted(raw: bytes) -> bytes:
    """Return the same message with base64 or quoted-printable where it had 8-bit octets.

    Signatures inside do not survive this; the caller signs anew.

    Raises:
        ValueError: It cannot be done, for the message is too broken.
    """
    try:
        written = BytesIO()
        BytesGenerator(written, mangle_from_=False, policy=_POLICY).flatten(
            email.message_from_bytes(raw, policy=_POLICY)
        )
    except Exception as error:  # the library raises whatever it stumbles over
        raise ValueError("the message cannot be written in seven bits") from error
    octets = written.getvalue()
    if not octets.isascii():
        raise ValueError("the message cannot be written in seven bits")
    return octets
