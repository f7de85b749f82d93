"""Which messages may be answered automatically (RFC 3834 §2). Pure.

Whoever answers a robot begins a loop, whoever answers a list writes to everybody, and whoever answers junk tells that
somebody lives here.
"""

import re
from typing import Final

from mailapp.mime.addresses import is_valid_addr_spec
from mailapp.rules.evaluation import Facts
from workmail.directory.addresses import fold

_ROBOTS: Final = re.compile(
    r"(?:mailer-daemon|postmaster|listserv|majordomo|(?:do[-_.]?)?not?[-_.]?reply|bounces?|notifications?|owner-.*"
    r"|.*-(?:request|owner|relay|bounces?)|bounces?[-+=].*|prvs=.*|srs[01][=+-].*|.*\+bounces?|root|daemon)"
    r"(?:\+.*)?",
    re.DOTALL,
)
_LIST_FIELDS: Final = (
    "list-id",
    "list-help",
    "list-unsubscribe",
    "list-subscribe",
    "list-post",
    "list-owner",
    "list-archive",
)


def is_answerable(facts: Facts, reverse_path: str) -> bool:
    """Tell whether a person wrote this to the owner personally, so that the answer goes to that person alone."""
    parsed, header = facts.parsed, facts.header
    if not is_valid_addr_spec(reverse_path) or _ROBOTS.fullmatch(fold(reverse_path).rpartition("@")[0]):
        return False
    if any(_ROBOTS.fullmatch(fold(person.addr_spec).rpartition("@")[0]) for person in parsed.from_):
        return False
    if fold(reverse_path) in facts.own or any(facts.is_own(person) for person in (*parsed.from_, *parsed.sender)):
        return False
    if parsed.auto_submitted or parsed.is_bounce or any(name in header for name in _LIST_FIELDS):
        return False
    if {"bulk", "list", "junk", "auto_reply"}.intersection(header.get("precedence", ())):
        return False
    suppressed = {word.strip() for body in header.get("x-auto-response-suppress", ()) for word in body.split(",")}
    if {"all", "oof", "autoreply"} & suppressed or {"x-autoreply", "x-autorespond", "x-loop"} & header.keys():
        return False
    # RFC 3834 §2: only who is named was written to; others got it through a group, a list or Bcc.
    return any(facts.is_own(person) for person in (*parsed.to, *parsed.cc))
