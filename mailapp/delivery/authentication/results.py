"""Results of authentication, and how they are written down (RFC 8601). Pure."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from mailapp.delivery.header_fields import Field
from mailapp.mime.headers import fold

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`{|}~/@]+\Z")
_COMMENT = re.compile(r"\([^()]*\)")
_NAMES_OF_RESULT_FIELDS = ("authentication-results", "x-authentication-results")


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What one method found, in the words of RFC 8601 §2.7."""

    method: str  # spf, dkim, arc, dmarc, auth
    result: str  # pass, fail, softfail, neutral, none, policy, temperror, permerror
    properties: tuple[tuple[str, str], ...] = ()  # ("header.d", "example.org")
    reason: str = ""

    def property(self, name: str) -> str:
        return dict(self.properties).get(name, "")


@dataclass(frozen=True, slots=True)
class Authentication:
    results: tuple[MethodResult, ...] = ()

    def of(self, method: str) -> MethodResult | None:
        """Return the best result of a method: a pass if there is one, else the first."""
        found = [result for result in self.results if result.method == method]
        return next((result for result in found if result.result == "pass"), found[0] if found else None)

    def passed(self, method: str) -> bool:
        result = self.of(method)
        return result is not None and result.result == "pass"

    @property
    def wants_junk(self) -> bool:
        """The domain in From asks not to be believed here (RFC 9989 §5.3); we never refuse after acceptance."""
        dmarc = self.of("dmarc")
        return (
            dmarc is not None and dmarc.result == "fail" and dmarc.property("policy.dmarc") in ("quarantine", "reject")
        )

    def codes(self) -> dict[str, str]:
        """Return what the reader is told in words: one code for each method, and the domain in From."""
        codes = {
            method: result.result for method in ("spf", "dkim", "arc", "dmarc", "auth") if (result := self.of(method))
        }
        if (dmarc := self.of("dmarc")) and dmarc.property("header.from"):
            codes["domain"] = dmarc.property("header.from")
        return codes

    def to_json(self) -> list[dict[str, object]]:
        return [asdict(result) for result in self.results]

    @classmethod
    def from_json(cls, values: list[dict]) -> "Authentication":
        return cls(
            tuple(
                MethodResult(
                    value["method"],
                    value["result"],
                    tuple((name, text) for name, text in value["properties"]),
                    value.get("reason", ""),
                )
                for value in values
            )
        )


def field(authentication: Authentication, authserv_id: str) -> bytes:
    """Write the Authentication-Results field (RFC 8601 §2.2)."""
    words = [f"{authserv_id};"]
    if not authentication.results:
        return fold("Authentication-Results", f"{authserv_id}; none")
    last = len(authentication.results) - 1
    for index, result in enumerate(authentication.results):
        resinfo = [f"{result.method}={result.result}"]
        if result.reason:
            resinfo.append(f"reason={_quoted(result.reason)}")
        resinfo += [f"{name}={_value(text)}" for name, text in result.properties if text]
        if index != last:
            resinfo[-1] += ";"
        words += resinfo
    return fold("Authentication-Results", " ".join(words))


def claims_to_be_ours(header_field: Field, authserv_ids: Iterable[str]) -> bool:
    """Tell whether a field that arrived pretends to carry our own results (RFC 8601 §5): those must go."""
    if header_field.name not in _NAMES_OF_RESULT_FIELDS:
        return False
    head = header_field.body.partition(";")[0]
    while (stripped := _COMMENT.sub(" ", head)) != head:
        head = stripped
    claimed = head.replace('"', " ").replace("\\", "").lower().split()
    return not claimed or any(name.lower() in claimed[:2] for name in authserv_ids)


def _value(text: str) -> str:
    """Return a token when it is one, else a quoted string; whatever a stranger wrote stays inside it."""
    return text if _TOKEN.match(text) else _quoted(text)


def _quoted(text: str) -> str:
    kept = "".join(c for c in text if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF)[:200]
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'
