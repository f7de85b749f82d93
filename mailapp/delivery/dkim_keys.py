"""The signing keys of our domains, and signing with them (RFC 6376)."""

import base64
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import IntegrityError, transaction

from mailapp.delivery import header_fields
from mailapp.delivery.models import DkimKey
from workmail.directory.models import Domain
from workmail.keys import spool

logger = logging.getLogger(__name__)

_BITS = 2048  # what fits into one UDP answer and what every verifier takes
_CACHE_SECONDS = 60.0

# Each is signed once more often than it occurs, so that another one cannot be put in front without breaking it.
OVERSIGNED = (
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "sender",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
)
# Signed as often as they occur.
SIGNED = ("list-id", "list-unsubscribe", "list-unsubscribe-post", "auto-submitted", "importance")


@dataclass(frozen=True, slots=True)
class SigningKey:
    domain: str
    selector: str
    private_key: bytes  # PEM


_cache: dict[tuple[str, str], tuple[float, SigningKey | None]] = {}


def signing_key(organization_id: str, domain_name: str) -> SigningKey | None:
    """Return the key of a verified domain of the organization, making it when it has none; None for other domains."""
    cached = _cache.get((organization_id, domain_name))
    if cached and cached[0] > time.monotonic():
        return cached[1]
    domain = Domain.objects.filter(organization_id=organization_id, name=domain_name, is_verified=True).first()
    key = None
    if domain is not None:
        row = active_key(domain)
        key = SigningKey(domain.name, row.selector, spool.unseal(bytes(row.private_key), _context(domain)))
    if len(_cache) > 1_000:
        _cache.clear()
    _cache[organization_id, domain_name] = (time.monotonic() + _CACHE_SECONDS, key)
    return key


def active_key(domain: Domain) -> DkimKey:
    """Return the domain's key, making it at the first call."""
    return DkimKey.objects.filter(domain=domain, is_active=True).first() or _create(domain)


def dns_record(key: DkimKey) -> tuple[str, str]:
    """Return the name and the value of the TXT record that the domain has to publish."""
    return f"{key.selector}._domainkey.{key.domain.name}", f"v=DKIM1; k=rsa; p={key.public_key}"


def sign(raw: bytes, key: SigningKey) -> bytes:
    """Return the DKIM-Signature field for the message.

    Raises:
        dkim.DKIMException: The message cannot be signed, for it has no From.
    """
    signature = dkim.sign(
        raw,
        key.selector.encode(),
        key.domain.encode(),
        key.private_key,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=_fields_to_sign(raw),
    )
    return signature if signature.endswith(b"\r\n") else signature + b"\r\n"


def _fields_to_sign(raw: bytes) -> list[bytes]:
    present = [field.name for field in header_fields.fields(header_fields.split(raw)[0])]
    names = [name for name in present if name in OVERSIGNED or name in SIGNED]
    return [name.encode() for name in [*names, *OVERSIGNED]]


def _create(domain: Domain) -> DkimKey:
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        with transaction.atomic():
            return DkimKey.objects.create(
                domain=domain,
                selector=f"wm{datetime.now(UTC):%Y%m%d}",
                private_key=spool.seal(pem, _context(domain)),
                public_key=base64.b64encode(public).decode(),
            )
    except IntegrityError:  # another process was faster
        return DkimKey.objects.get(domain=domain, is_active=True)


def _context(domain: Domain) -> bytes:
    return b"dkim " + domain.pk.bytes
