"""SPF (RFC 7208): may this address send for the domain of the reverse path?"""

import logging
from typing import Any

import spf

from mailapp.delivery import resolver
from mailapp.delivery.authentication.results import MethodResult

logger = logging.getLogger(__name__)

_RESULTS = {"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"}


def evaluate(client_address: str, reverse_path: str, helo: str) -> MethodResult:
    """Check the reverse path, or the HELO name when the path is null (RFC 7208 §2.4)."""
    helo = helo if helo.isascii() else ""
    properties = (("smtp.mailfrom", reverse_path),) if reverse_path else (("smtp.helo", helo),)
    if not client_address or not (reverse_path or helo):
        return MethodResult("spf", "none", properties)
    try:
        result, _ = spf.check2(
            i=client_address.partition("%")[0],
            s=_ascii(reverse_path),
            h=helo or "unknown",
            timeout=resolver.QUERY_SECONDS,
            querytime=resolver.LOOKUP_SECONDS,
        )
    except resolver.DnsTrouble:
        result = "temperror"
    except Exception:  # a record that the library stumbles over is the domain's error, not ours
        logger.info("An SPF record could not be evaluated", exc_info=True)
        result = "permerror"
    return MethodResult("spf", result if result in _RESULTS else "permerror", properties)


def domain_of(result: MethodResult) -> str:
    """Return the domain that SPF is about."""
    return (result.property("smtp.mailfrom").rpartition("@")[2] or result.property("smtp.helo")).lower()


def _ascii(path: str) -> str:
    local_part, _, domain = path.rpartition("@")
    if not path:
        return ""
    try:
        domain = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        domain = "invalid"
    return f"{local_part if local_part.isascii() else 'postmaster'}@{domain}"


def _lookup(
    name: str, record_type: str, strict: object = True, timeout: float = 0
) -> list[tuple[tuple[str, str], Any]]:
    """Answer pyspf's questions through our resolver, so that server, cache and budget are the same for all."""
    if record_type == "SPF":  # type 99 is gone (RFC 7208 §3.1)
        return []
    try:
        records = resolver.lookup(name, record_type)
    except resolver.NoSuchDomain:
        return []
    except resolver.DnsTrouble as error:
        raise spf.TempError(f"DNS {error}") from error
    key = (name, record_type)
    if record_type in ("A", "AAAA"):
        return [(key, record.address) for record in records]
    if record_type == "MX":
        return [(key, (record.preference, record.exchange.to_text(omit_final_dot=True))) for record in records]
    if record_type == "PTR":
        return [(key, record.target.to_text(omit_final_dot=True)) for record in records]
    return [(key, record.strings) for record in records]


spf.DNSLookup = _lookup
