"""Keyed digests of secrets that are looked up but never read: a copy of the database does not help to guess them."""

import hashlib
import hmac
from functools import lru_cache

from workmail.keys import envelope
from workmail.keys.providers import master_key


@lru_cache(maxsize=16)
def _key_of(master: bytes, purpose: str) -> bytes:
    return envelope.derive(master, f"digests {purpose}")


def digest(purpose: str, text: str) -> str:
    """Return 64 hexadecimal digits for ``text``; the same text has another digest for another purpose."""
    key = _key_of(master_key(), purpose)
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
