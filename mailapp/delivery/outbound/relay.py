"""Reading ``SMTP_RELAY_URL``. Pure.

``smtp://user:password@host:port`` speaks STARTTLS when offered, and requires it when there is a password;
``smtps://`` begins with TLS. Query: ``starttls=always|may|never``, ``verify=no`` for a certificate nobody signed.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

_DEFAULT_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Relay:
    host: str
    port: int
    is_implicit_tls: bool = False
    starttls: str = "may"  # always, may, never
    verifies: bool = True
    user: str = ""
    password: str = field(default="", repr=False)


def parse(url: str) -> Relay | None:
    """Return the relay, or None for an empty URL.

    Raises:
        ValueError: Another scheme, no host, or an option that does not exist.
    """
    if not url:
        return None
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    starttls = options.get("starttls", "always" if parts.password else "may")
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("SMTP_RELAY_URL must look like smtp://user:password@host:port or smtps://…")
    if starttls not in ("always", "may", "never") or options.keys() - {"starttls", "verify"}:
        raise ValueError("SMTP_RELAY_URL knows the options starttls=always|may|never and verify=no")
    return Relay(
        host=parts.hostname,
        port=parts.port or _DEFAULT_PORTS[parts.scheme],
        is_implicit_tls=parts.scheme == "smtps",
        starttls=starttls,
        verifies=options.get("verify", "yes") != "no",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
