"""Who sent a message, in plain words; and what exactly was checked, one click away."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailapp.access import OpenMailbox
from mailapp.store.summaries import Summary
from workmail.directory.addresses import fold
from workmail.directory.models import Domain

OK, WARN, BAD, NONE = "ok", "warn", "bad", ""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: SPF, its result as a word, and what that means."""

    name: str
    result: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Verification:
    """``words`` stand beside the sender; ``kind`` is ok, warn, bad, or empty when nothing was checked."""

    kind: str
    words: str
    checks: tuple[Check, ...] = ()

    @property
    def icon(self) -> str:
        return {OK: "shield-check", WARN: "shield-question-mark", BAD: "shield-alert"}.get(self.kind, "shield")

    @property
    def is_verified(self) -> bool:
        return self.kind == OK


class Colleagues:
    """Which addresses are of the reader's own organization: one statement for all senders of a page.

    The domain decides, not the directory: an invented name in our own domain is exactly what must not pass.
    """

    def __init__(self, mailbox: OpenMailbox) -> None:
        domains = Domain.objects.filter(organization_id=mailbox.mailbox.organization_id, is_verified=True)
        self._domains = frozenset(domains.values_list("name", flat=True))

    def __contains__(self, addr_spec: str) -> bool:
        return fold(addr_spec).rpartition("@")[2] in self._domains


def verification(summary: Summary, *, is_own: bool, is_colleague: bool) -> Verification:
    """Say whether the sender is who they claim to be.

    Only DMARC speaks of the address that the reader sees (RFC 9989): a signature or a path alone proves another name.
    """
    codes = summary.authentication
    checks = _checks(codes)
    if not codes:
        # Our own copies, drafts, imported mail: nobody checked, and nothing should look as if somebody had.
        return Verification(NONE, "" if is_own else _("Sender not checked"), checks)
    if codes.get("dmarc") == "pass":
        words = _("Colleague, sender verified") if is_colleague else _("Sender verified")
        return Verification(OK, words, checks)
    if is_colleague:
        return Verification(BAD, _("Says it is from a colleague, but that could not be verified"), checks)
    if codes.get("dmarc") == "fail":
        return Verification(BAD, _("Probably not from the sender it names"), checks)
    return Verification(WARN, _("Sender could not be verified"), checks)


def _checks(codes: dict[str, str]) -> tuple[Check, ...]:
    meanings = {
        "auth": _meaning_of_auth,
        "spf": _meaning_of_spf,
        "dkim": _meaning_of_dkim,
        "arc": _meaning_of_arc,
        "dmarc": _meaning_of_dmarc,
    }
    names = {"auth": pgettext("check of a sender", "Sign-in")}
    return tuple(
        Check(names.get(method, method.upper()), word(code), meaning(code))
        for method, meaning in meanings.items()
        if (code := codes.get(method))
    )


def word(code: str) -> str:
    """Return a result of RFC 8601 as a word."""
    words = {
        "pass": pgettext("result of a check", "passed"),
        "fail": pgettext("result of a check", "failed"),
        "softfail": pgettext("result of a check", "probably failed"),
        "neutral": pgettext("result of a check", "no statement"),
        "none": pgettext("result of a check", "nothing to check"),
        "policy": pgettext("result of a check", "not accepted"),
        "temperror": pgettext("result of a check", "could not be checked at that time"),
        "permerror": pgettext("result of a check", "cannot be checked"),
    }
    return words.get(code, code)


def _meaning_of_auth(code: str) -> str:
    return _("The sender signed in to this mail system with a password.")


def _meaning_of_spf(code: str) -> str:
    if code == "pass":
        return _("The server that delivered the message may send for its return address.")
    if code in ("fail", "softfail"):
        return _("The server that delivered the message may not send for its return address.")
    return _("The domain of the return address does not say which servers may send for it.")


def _meaning_of_dkim(code: str) -> str:
    if code == "pass":
        return _("The message carries a valid signature and was not changed on its way.")
    if code == "none":
        return _("The message carries no signature.")
    return _("The signature of the message is not valid: it was changed on its way, or signed wrongly.")


def _meaning_of_arc(code: str) -> str:
    if code == "pass":
        return _("Those who forwarded the message vouch for what they saw.")
    return _("What those who forwarded the message say of it cannot be relied on.")


def _meaning_of_dmarc(code: str) -> str:
    if code == "pass":
        return _("The address you see as the sender is confirmed by its domain.")
    if code == "fail":
        return _("The domain of the address you see as the sender says this message is not from there.")
    return _("The domain of the address you see as the sender says nothing about such messages.")
