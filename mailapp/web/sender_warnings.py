"""What one should know about a sender before believing a message: one note at most, the most serious one.

``assess`` is a rule over facts that somebody else looked up, so that it can be tried without a mailbox.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _

from mailapp.mime import lookalikes


class Concern(StrEnum):
    """What may be wrong, the most serious first."""

    OWN_ADDRESS = "own_address"
    COLLEAGUE = "colleague"
    NOT_GENUINE = "not_genuine"
    NAME_OF_COLLEAGUE = "name_of_colleague"
    LOOKALIKE_DOMAIN = "lookalike_domain"
    ANSWERS_ELSEWHERE = "answers_elsewhere"
    FIRST_TIME = "first_time"


_KINDS = {
    Concern.OWN_ADDRESS: "bad",
    Concern.COLLEAGUE: "bad",
    Concern.NOT_GENUINE: "bad",
    Concern.NAME_OF_COLLEAGUE: "bad",
    Concern.LOOKALIKE_DOMAIN: "bad",
    Concern.ANSWERS_ELSEWHERE: "warn",
    Concern.FIRST_TIME: "",
}


@dataclass(frozen=True, slots=True)
class SenderWarning:
    """``sentence`` says what is the matter, ``advice`` what to do."""

    concern: Concern
    sentence: str
    advice: str

    @property
    def kind(self) -> str:
        return _KINDS[self.concern]

    @property
    def icon(self) -> str:
        return {"bad": "shield-alert", "warn": "corner-up-left"}.get(self.kind, "user-plus")


@dataclass(frozen=True)
class Facts:
    """What is known of the sender of one message. What costs a look-up is asked for only when it counts."""

    addr_spec: str
    display_name: str = ""
    authentication: dict[str, str] = field(default_factory=dict)  # codes of RFC 8601; empty: nobody checked
    is_own: bool = False  # an address of the reader
    is_colleague: bool = False  # in a domain of the organization
    is_known: bool = False  # in the address book, or written to
    is_list: bool = False
    answers_to: tuple[str, ...] = ()  # addresses in Reply-To
    own_domains: Collection[str] = ()
    colleague_names: Callable[[], Collection[tuple[str, ...]]] = tuple  # skeletons, see lookalikes
    known_domains: Callable[[], Collection[str]] = tuple
    has_written_before: Callable[[], bool] = lambda: True

    @property
    def domain(self) -> str:
        return self.addr_spec.rpartition("@")[2]


def assess(facts: Facts) -> SenderWarning | None:
    """Return the note for a message that arrived, or None. Mail that nobody checked is one's own, or was imported."""
    codes = facts.authentication
    if not codes or "@" not in facts.addr_spec:
        return None
    is_genuine = codes.get("dmarc") == "pass"
    if not is_genuine and facts.is_own:
        return _own_address()
    if not is_genuine and facts.is_colleague:
        return _colleague()
    if codes.get("dmarc") == "fail":
        return _not_genuine(facts)
    if facts.is_own or facts.is_colleague:
        return None
    if not facts.is_known:
        if len(name := lookalikes.name_skeleton(facts.display_name)) > 1 and name in facts.colleague_names():
            return _name_of_colleague(facts)
        if alike := lookalikes.lookalike(facts.domain, own=facts.own_domains, known=facts.known_domains()):
            return _lookalike_domain(facts, alike)
    if not facts.is_list:
        if not facts.is_known and (elsewhere := _elsewhere(facts)):
            return _answers_elsewhere(elsewhere)
        if not facts.is_known and not facts.has_written_before():
            return _first_time(facts)
    return None


def _elsewhere(facts: Facts) -> str:
    """Return the first address for answers that is in a domain of somebody else."""
    domain = lookalikes.registered(facts.domain)
    for address in facts.answers_to:
        if "@" in address and lookalikes.registered(address.rpartition("@")[2].lower()) != domain:
            return address
    return ""


def _own_address() -> SenderWarning:
    return SenderWarning(
        Concern.OWN_ADDRESS,
        _("This message names you as its sender, but that could not be verified."),
        _("If you did not send it, somebody uses your address. Open nothing in it, and report it as phishing."),
    )


def _colleague() -> SenderWarning:
    return SenderWarning(
        Concern.COLLEAGUE,
        _("This message says it is from a colleague, but that could not be verified."),
        _("Do not open links or files in it. Ask your colleague in another way whether they sent it."),
    )


def _not_genuine(facts: Facts) -> SenderWarning:
    return SenderWarning(
        Concern.NOT_GENUINE,
        _("This message is probably not from {address}.").format(address=facts.addr_spec),
        _("The domain of that address says so. Do not answer, and open no links or files in it."),
    )


def _name_of_colleague(facts: Facts) -> SenderWarning:
    return SenderWarning(
        Concern.NAME_OF_COLLEAGUE,
        _("The sender has the name of your colleague {name}, but writes from outside: {address}.").format(
            name=facts.display_name, address=facts.addr_spec
        ),
        _("Before you do what the message asks, ask your colleague in another way whether they sent it."),
    )


def _lookalike_domain(facts: Facts, alike: str) -> SenderWarning:
    return SenderWarning(
        Concern.LOOKALIKE_DOMAIN,
        _("The domain {domain} looks like {known}, but is another one.").format(domain=facts.domain, known=alike),
        _("Compare the address letter by letter before you answer or open anything in the message."),
    )


def _answers_elsewhere(address: str) -> SenderWarning:
    return SenderWarning(
        Concern.ANSWERS_ELSEWHERE,
        _("Answers to this message go to {address}, in another domain than the sender’s.").format(address=address),
        _("Before you answer, make sure that you know this address."),
    )


def _first_time(facts: Facts) -> SenderWarning:
    return SenderWarning(
        Concern.FIRST_TIME,
        _("This is the first message you get from {address}.").format(address=facts.addr_spec),
        _("Take care with links and files until you know who it is."),
    )
