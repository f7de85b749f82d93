"""The working keys of one mailbox, derived from its one wrapped key."""

import hashlib
import hmac
from dataclasses import dataclass

from workmail.keys import envelope


@dataclass(frozen=True, slots=True)
class MailboxKeys:
    """What may be done under a mailbox key. Metadata, content keys and search words never share a key."""

    metadata: bytes
    wrapping: bytes
    searching: bytes

    @classmethod
    def derived_from(cls, key: bytes) -> "MailboxKeys":
        return cls(
            metadata=envelope.derive(key, "metadata"),
            wrapping=envelope.derive(key, "content keys"),
            searching=envelope.derive(key, "search"),
        )

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        return envelope.seal(self.metadata, plaintext, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        return envelope.unseal(self.metadata, sealed, context)

    def wrap_content_key(self, content_key: bytes, content_id: bytes) -> bytes:
        return envelope.seal(self.wrapping, content_key, content_id)

    def unwrap_content_key(self, wrapped: bytes, content_id: bytes) -> bytes:
        return envelope.unseal(self.wrapping, wrapped, content_id)

    def digest(self, text: str) -> bytes:
        """Return 16 octets by which equal texts are found again without being stored."""
        return hmac.digest(self.searching, b"digest\0" + text.encode("utf-8", "surrogatepass"), hashlib.sha256)[:16]

    def search_number(self, term: str) -> int:
        """Return the signed 64-bit number that stands for ``term`` in the search index."""
        digest = hmac.digest(self.searching, b"term\0" + term.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return int.from_bytes(digest[:8], "big", signed=True)
