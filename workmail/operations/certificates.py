"""The self-signed certificate of a new installation, for STARTTLS and TLS until the operator brings a real one."""

import contextlib
import datetime
import ipaddress
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANIZATION_NAME = "workmail self-signed certificate"
VALID_FOR = datetime.timedelta(days=825)  # some clients refuse what is valid for longer
RENEW_BEFORE = datetime.timedelta(days=30)


def ensure(certificate: Path, key: Path, names: Iterable[str], *, now: datetime.datetime) -> bool:
    """Make a self-signed certificate where there is none, or where our own is about to expire; tell whether it did.

    A certificate that somebody else issued is never touched.
    """
    if certificate.exists() and key.exists() and not _is_ours_and_expires(certificate, now + RENEW_BEFORE):
        return False
    private_key = ec.generate_private_key(ec.SECP256R1())
    _write(key, _key_bytes(private_key), mode=0o600)
    _write(certificate, _self_signed(private_key, list(names), now), mode=0o644)
    return True


def _self_signed(private_key: ec.EllipticCurvePrivateKey, names: list[str], now: datetime.datetime) -> bytes:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION_NAME),
            x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64]),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # clocks differ
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in dict.fromkeys(names)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(private_key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name.encode("idna").decode("ascii"))


def _is_ours_and_expires(certificate: Path, at: datetime.datetime) -> bool:
    try:
        parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    except ValueError:
        return False  # the server that loads it says what is wrong with it
    organizations = parsed.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return any(o.value == ORGANIZATION_NAME for o in organizations) and parsed.not_valid_after_utc < at


def _key_bytes(private_key: ec.EllipticCurvePrivateKey) -> bytes:
    return private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, octets: bytes, *, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
