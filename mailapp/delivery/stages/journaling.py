"""The place of journaling: a copy of every message to an archive's address."""

from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict


def copy(transit: OpenTransit) -> Verdict | None:
    """Copy nothing: no organization journals yet."""
    return None
