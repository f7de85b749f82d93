"""Key providers: who holds the key of an organization.

A provider wraps and unwraps short secrets under a key it names by ``reference`` and never hands out the key itself.
``local`` derives one key for each organization from the installation's master key.
"""

import base64
from typing import Protocol

from django.conf import settings

from workmail.errors import KeyUnavailable
from workmail.keys import envelope


class KeyProvider(Protocol):
    def wrap(self, reference: str, plaintext: bytes, context: bytes) -> bytes: ...

    def unwrap(self, reference: str, wrapped: bytes, context: bytes) -> bytes:
        """Raises KeyUnavailable when the provider refuses or does not answer."""
        ...


def master_key() -> bytes:
    octets = base64.urlsafe_b64decode(settings.MASTER_KEY + "=" * (-len(settings.MASTER_KEY) % 4))
    if len(octets) < envelope.KEY_OCTETS:
        raise KeyUnavailable
    return octets[: envelope.KEY_OCTETS]


class LocalProvider:
    """Wraps under a key derived from the master key of this installation."""

    def wrap(self, reference: str, plaintext: bytes, context: bytes) -> bytes:
        return envelope.seal(self._key(reference), plaintext, context)

    def unwrap(self, reference: str, wrapped: bytes, context: bytes) -> bytes:
        try:
            return envelope.unseal(self._key(reference), wrapped, context)
        except envelope.Unreadable as error:
            raise KeyUnavailable from error

    @staticmethod
    def _key(reference: str) -> bytes:
        return envelope.derive(master_key(), f"organization {reference}")


PROVIDERS: dict[str, KeyProvider] = {"local": LocalProvider()}


def provider(name: str) -> KeyProvider:
    try:
        return PROVIDERS[name]
    except KeyError as error:
        raise KeyUnavailable from error
