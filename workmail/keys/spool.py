"""The key for mail in transit, so that a message can be accepted while its organization's key is disabled."""

import hashlib
import hmac
from functools import lru_cache

from workmail.keys import envelope
from workmail.keys.providers import master_key


@lru_cache(maxsize=4)
def _key_of(master: bytes, purpose: str) -> bytes:
    return envelope.derive(master, purpose)


def _key() -> bytes:
    return _key_of(master_key(), "spool")


def seal(plaintext: bytes, context: bytes) -> bytes:
    return envelope.seal(_key(), plaintext, context)


def unseal(sealed: bytes, context: bytes) -> bytes:
    return envelope.unseal(_key(), sealed, context)


def digest(text: str) -> bytes:
    """Return 16 octets by which equal texts are found again without being stored."""
    key = _key_of(master_key(), "spool digests")
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)[:16]
