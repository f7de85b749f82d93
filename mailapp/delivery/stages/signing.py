"""Sign what our people send (RFC 6376), with the key of the domain in From."""

import logging

import dkim

from mailapp.delivery import author, dkim_keys
from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict

logger = logging.getLogger(__name__)


def sign(transit: OpenTransit) -> Verdict | None:
    """Put one signature in front. A message in a foreign name is not signed: it would not align."""
    if not transit.results.prefix:
        transit.results.prefix = signature(transit, transit.raw)
    return None


def signature(transit: OpenTransit, raw: bytes) -> bytes:
    """Return the DKIM-Signature field for the octets, or nothing when their author's domain is not ours to sign for."""
    for domain in author.domains(raw)[:1]:
        key = dkim_keys.signing_key(transit.row.organization_id, domain)
        if key is not None:
            try:
                return dkim_keys.sign(raw, key)
            except dkim.DKIMException:
                logger.warning("Transit %s could not be signed", transit.id, exc_info=True)
    return b""
