"""The place of an organization's flow rules: bypass, junk, bounce, drop, rewrite."""

from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict


def apply(transit: OpenTransit) -> Verdict | None:
    """Let everything pass: no organization has flow rules yet."""
    return None
