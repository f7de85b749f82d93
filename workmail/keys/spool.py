"""The key for mail in transit, so that a message can be accepted while its organization's key is disabled."""

from functools import lru_cache

from workmail.keys import envelope
from workmail.keys.providers import master_key


@lru_cache(maxsize=1)
def _key_of(master: bytes) -> bytes:
    return envelope.derive(master, "spool")


def _key() -> bytes:
    return _key_of(master_key())


def seal(plaintext: bytes, context: bytes) -> bytes:
    return envelope.seal(_key(), plaintext, context)


def unseal(sealed: bytes, context: bytes) -> bytes:
    return envelope.unseal(_key(), sealed, context)
