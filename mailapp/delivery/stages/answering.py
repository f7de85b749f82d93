"""The place of automatic replies (RFC 3834): never to a null reverse path, never to a list."""

from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict


def reply_automatically(transit: OpenTransit) -> Verdict | None:
    """Answer nobody: nobody can set up an automatic reply yet."""
    return None
