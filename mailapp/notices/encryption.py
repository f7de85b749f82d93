"""Message encryption for web push (RFC 8291) and the proof of who sends (VAPID, RFC 8292). Pure."""

import base64
import hashlib
import json
import os
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LARGEST_PLAINTEXT = 3_000  # services must take 4,096 octets with everything around it (RFC 8030 §7.2)
AUTH_OCTETS, POINT_OCTETS = 16, 65
TOKEN_SECONDS = 12 * 3600  # RFC 8292 §2 allows 24 hours
_RECORD = 4096
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def read_point(point: bytes) -> ec.EllipticCurvePublicKey:
    """Raises ValueError when the octets are no point of the curve."""
    if len(point) != POINT_OCTETS:
        raise ValueError("A public key has 65 octets.")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def encrypt(
    plaintext: bytes,
    point: bytes,
    auth: bytes,
    *,
    salt: bytes | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return the body for the browser with this public key and secret, in the content coding ``aes128gcm``.

    Args:
        salt, key: Random ones by default; given in tests only.
    """
    salt = salt or os.urandom(16)
    key = key or ec.generate_private_key(ec.SECP256R1())
    own = public_point(key)
    shared = key.exchange(ec.ECDH(), read_point(point))
    material = _derive(shared, 32, auth, b"WebPush: info\0" + point + own)
    content_key = _derive(material, 16, salt, b"Content-Encoding: aes128gcm\0")
    nonce = _derive(material, 12, salt, b"Content-Encoding: nonce\0")
    header = salt + _RECORD.to_bytes(4, "big") + bytes([len(own)]) + own
    return header + AESGCM(content_key).encrypt(nonce, plaintext + b"\x02", None)


def decrypt(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """Return the plaintext, as a browser does; for tests."""
    salt, length = body[:16], body[20]
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    shared = key.exchange(ec.ECDH(), read_point(sender))
    material = _derive(shared, 32, auth, b"WebPush: info\0" + public_point(key) + sender)
    content_key = _derive(material, 16, salt, b"Content-Encoding: aes128gcm\0")
    nonce = _derive(material, 12, salt, b"Content-Encoding: nonce\0")
    return AESGCM(content_key).decrypt(nonce, sealed, None).rstrip(b"\0")[:-1]


def _derive(secret: bytes, length: int, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


# --- Who sends ---------------------------------------------------------------------------------------------------


def signing_key(secret: str) -> ec.EllipticCurvePrivateKey:
    """Return the installation's key, made of a secret text: the same text, the same key."""
    number = int.from_bytes(hashlib.sha512(b"web push\0" + secret.encode()).digest(), "big")
    return ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, subject: str, now: int) -> str:
    """Return the Authorization field for a request to this endpoint."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now + TOKEN_SECONDS, "sub": subject}
    signed = ".".join(
        encode(json.dumps(part, separators=(",", ":")).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={encode(public_point(key))}"
