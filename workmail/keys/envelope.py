"""Sealing octets: AES-256-GCM with a random nonce, bound to a context.

A sealed value is ``version (1 octet) || nonce (12) || ciphertext and tag``. The context is authenticated but not
stored: a value moved to another row or another purpose does not open.
"""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_OCTETS = 32
_NONCE_OCTETS = 12
_VERSION = b"\x01"


class Unreadable(Exception):
    """The sealed value is damaged, or belongs to another key or context."""


@lru_cache(maxsize=256)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def new_key() -> bytes:
    return os.urandom(KEY_OCTETS)


def seal(key: bytes, plaintext: bytes, context: bytes) -> bytes:
    nonce = os.urandom(_NONCE_OCTETS)
    return _VERSION + nonce + _cipher(key).encrypt(nonce, plaintext, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Return the plaintext.

    Raises:
        Unreadable: Damaged, or sealed under another key or context.
    """
    sealed = bytes(sealed)
    if sealed[:1] != _VERSION:
        raise Unreadable
    try:
        return _cipher(key).decrypt(sealed[1 : 1 + _NONCE_OCTETS], sealed[1 + _NONCE_OCTETS :], context)
    except InvalidTag as error:
        raise Unreadable from error


def derive(key: bytes, purpose: str) -> bytes:
    """Return the key for one purpose (RFC 5869), so that no key serves two."""
    return HKDF(SHA256(), KEY_OCTETS, salt=None, info=purpose.encode()).derive(key)
