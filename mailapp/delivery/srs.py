"""Sender rewriting for mail that a group passes on to another house. Pure.

The next house checks SPF against *our* address for the reverse path, so the path must be one of ours; a report that
comes back to it is passed on to the original sender. The hash keeps others from using us as a relay, and the day
keeps an address that leaked from being used for ever.
"""

import hashlib
import hmac
from base64 import b32encode
from datetime import date, timedelta

_DAYS_VALID = 21
_EPOCH = date(2020, 1, 1)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def _day(today: date) -> str:
    number = (today - _EPOCH).days % 1024
    return _ALPHABET[number // 32] + _ALPHABET[number % 32]


def _tag(key: bytes, day: str, domain: str, local_part: str) -> str:
    message = f"{day}\0{domain.lower()}\0{local_part}".encode()
    return b32encode(hmac.digest(key, message, hashlib.sha256)[:5]).decode().lower()


def rewrite(key: bytes, reverse_path: str, domain: str, today: date) -> str:
    """Return the reverse path at ``domain`` that stands for ``reverse_path``; the null path stays null."""
    if not reverse_path:
        return ""
    local_part, _, original_domain = reverse_path.rpartition("@")
    day = _day(today)
    return f"SRS0={_tag(key, day, original_domain, local_part)}={day}={original_domain}={local_part}@{domain}"


def restore(key: bytes, local_part: str, today: date) -> str | None:
    """Return the sender that a rewritten local part stands for, or None when we did not write it or it is too old."""
    if not local_part.lower().startswith("srs0="):
        return None
    try:
        tag, day, domain, original = local_part[5:].split("=", 3)
    except ValueError:
        return None
    valid_days = {_day(today - timedelta(days=age)) for age in range(_DAYS_VALID + 1)}
    if day.lower() not in valid_days or not domain or not original:
        return None
    if not hmac.compare_digest(tag.lower().encode(), _tag(key, day.lower(), domain, original).encode()):
        return None
    return f"{original}@{domain}"
