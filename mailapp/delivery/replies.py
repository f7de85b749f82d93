"""The last word about a delivery (RFC 5321 §4.2, RFC 3463): what another server answered, or we ourselves. Pure."""

import json
import re
from dataclasses import dataclass

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?:\s+|\Z)")


@dataclass(frozen=True, slots=True)
class Reply:
    """The last word about a delivery: the peer's, or ours."""

    enhanced_status_code: str
    text: str
    code: int = 0
    host: str = ""

    @property
    def is_permanent(self) -> bool:
        return self.enhanced_status_code.startswith("5")

    def dump(self) -> bytes:
        return json.dumps([self.enhanced_status_code, self.text[:2000], self.code, self.host]).encode()

    @classmethod
    def load(cls, octets: bytes) -> "Reply":
        return cls(*json.loads(octets))


def understand(code: int, octets: bytes | str, host: str) -> Reply:
    """Return the reply with its enhanced status code; one is made up from the code when the server gave none."""
    text = octets.decode("utf-8", "replace") if isinstance(octets, bytes) else octets
    lines = text.splitlines() or [""]
    found = _ENHANCED.match(lines[0])
    if found and found.group(1) == str(code)[0]:
        status = f"{found.group(1)}.{int(found.group(2))}.{int(found.group(3))}"
        lines = [line[found.end() :] if _ENHANCED.match(line) else line for line in lines]
    else:
        status = f"{str(code)[0] if 200 <= code < 600 else 4}.0.0"
    words = " ".join(line.strip() for line in lines)
    return Reply(status, "".join(c for c in words if c.isprintable())[:1000], code, host)


def is_success(code: int) -> bool:
    return 200 <= code < 300


def is_permanent(code: int) -> bool:
    return 500 <= code < 600
