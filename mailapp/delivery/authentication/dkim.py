"""DKIM (RFC 6376) and ARC (RFC 8617): what signatures say about a message."""

import logging

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from mailapp.delivery import resolver
from mailapp.delivery.authentication.results import MethodResult
from workmail.numbers import natural

MOST_SIGNATURES = 5  # each costs a hash over the whole message and a question to the DNS

_quiet = logging.getLogger(f"{__name__}.library")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class _Keys:
    """Asks the DNS for dkimpy, and remembers how it went."""

    def __init__(self) -> None:
        self.had_trouble = False
        self.found_nothing = False

    def __call__(self, name: bytes, timeout: float = 0) -> bytes | None:
        try:
            records = resolver.texts(name.decode("ascii"))
        except UnicodeDecodeError:
            records = []
        except resolver.DnsTrouble as error:
            self.had_trouble = True
            raise dkim.DnsTimeoutError(str(error)) from error
        self.found_nothing = not records
        return records[0].encode() if records else None


def evaluate(raw: bytes) -> list[MethodResult]:
    """Return one result for each of the first signatures; an empty list when there is none."""
    try:
        message = dkim.DKIM(raw, logger=_quiet, minkey=1024)
    except dkim.DKIMException:
        return []
    count = sum(1 for name, _ in message.headers if name.lower() == b"dkim-signature")
    return [_verify(message, index) for index in range(min(count, MOST_SIGNATURES))]


def _verify(message: dkim.DKIM, index: int) -> MethodResult:
    keys = _Keys()
    reason = ""
    try:
        result = "pass" if message.verify(idx=index, dnsfunc=keys) else "fail"
    except dkim.ValidationError as error:
        result, reason = ("fail", "the body was changed") if "body hash" in str(error) else ("permerror", "")
    except dkim.DKIMException:
        result = "permerror"
    except Exception:  # ed25519 without its library, a number that is none: whatever breaks is no pass
        result = "neutral"
    if keys.had_trouble:
        result = "temperror"
    elif result == "fail" and keys.found_nothing:
        result, reason = "permerror", "no key for this signature"
    tags = _tags(message, index)
    if result == "pass" and b"l" in tags and _is_shorter(tags[b"l"], message.body):
        result, reason = "policy", "only a part of the body is signed"
    return MethodResult(
        "dkim",
        result,
        tuple((f"header.{tag}", _text(tags, tag)) for tag in ("d", "s", "a") if _text(tags, tag)),
        reason,
    )


def _tags(message: dkim.DKIM, index: int) -> dict[bytes, bytes]:
    signatures = [body for name, body in message.headers if name.lower() == b"dkim-signature"]
    try:
        return parse_tag_value(signatures[index])
    except (InvalidTagValueList, IndexError):
        return {}


def _text(tags: dict[bytes, bytes], tag: str) -> str:
    return tags.get(tag.encode(), b"").decode("ascii", "replace").strip().lower()


def _is_shorter(length: bytes, body: bytes) -> bool:
    signed = natural(length.strip())
    return signed is None or signed < len(body.rstrip(b"\r\n"))


def evaluate_arc(raw: bytes) -> MethodResult | None:
    """Return what the chain of forwarders says, or None when there is none."""
    try:
        message = dkim.ARC(raw, logger=_quiet)
        if not any(name.lower() == b"arc-seal" for name, _ in message.headers):
            return None
        verdict, _, _ = message.verify(dnsfunc=_Keys())
    except Exception:  # a broken chain is a failed chain
        return MethodResult("arc", "fail")
    return MethodResult("arc", {dkim.CV_Pass: "pass", dkim.CV_None: "none"}.get(verdict, "fail"))
