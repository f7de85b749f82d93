"""Reading MTA-STS records and policies (RFC 8461). Pure."""

import re
from dataclasses import dataclass

_POLICY_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")
_LONGEST_MAX_AGE = 31_557_600


@dataclass(frozen=True, slots=True)
class Policy:
    mode: str  # enforce, testing, none
    hosts: tuple[str, ...]
    max_age_seconds: int

    @property
    def is_enforced(self) -> bool:
        return self.mode == "enforce"

    def allows(self, host: str) -> bool:
        """Match a host name against the patterns; a leading ``*.`` stands for exactly one label (RFC 8461 §4.1)."""
        host = host.lower().rstrip(".")
        parent = host.partition(".")[2]
        return any(host == pattern or (pattern.startswith("*.") and parent == pattern[2:]) for pattern in self.hosts)


def policy_id(texts: list[str]) -> str | None:
    """Return the id from the TXT records of ``_mta-sts.``; None without exactly one valid record (RFC 8461 §3.1)."""
    records = [text for text in texts if text.startswith("v=STSv1")]
    if len(records) != 1:
        return None
    pairs = dict(pair.strip().partition("=")[::2] for pair in records[0].split(";") if pair.strip())
    found = pairs.get("id", "").strip()
    return found if pairs.get("v") == "STSv1" and _POLICY_ID.match(found) else None


def parse(text: str) -> Policy:
    """Read a policy file.

    Raises:
        ValueError: It is no valid policy.
    """
    values: dict[str, str] = {}
    hosts: list[str] = []
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon:
            continue
        if name == "mx":
            hosts.append(value.lower().rstrip("."))
        else:
            values.setdefault(name, value)
    mode = values.get("mode", "")
    if values.get("version") != "STSv1" or mode not in ("enforce", "testing", "none"):
        raise ValueError("no MTA-STS policy")
    if mode != "none" and not hosts:
        raise ValueError("a policy without hosts")
    if not values.get("max_age", "").isdigit():
        raise ValueError("a policy without max_age")
    return Policy(mode, tuple(hosts), min(int(values["max_age"]), _LONGEST_MAX_AGE))
