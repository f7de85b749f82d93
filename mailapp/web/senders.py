"""Who sent a message, in plain words; and what exactly was checked, one click away."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailapp.access import OpenMailbox, Right
from mailapp.contacts import acquaintance, address_list
from mailapp.mime import lookalikes
from mailapp.search import earlier
from mailapp.store.models import Folder, Message
from mailapp.store.summaries import Summary
from mailapp.web import sender_warnings
from mailapp.web.sender_warnings import Facts, SenderWarning
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
        self.domains = frozenset(domains.values_list("name", flat=True))

    def __contains__(self, addr_spec: str) -> bool:
        return fold(addr_spec).rpartition("@")[2] in self.domains


@dataclass(slots=True)
class Circle:
    """Whom the reader of a page knows: looked up once for all senders, and only for strangers from outside."""

    mailbox: OpenMailbox
    colleagues: Colleagues
    own: frozenset[str]
    known: set[str] = field(default_factory=set)

    @property
    def _is_open(self) -> bool:
        """Whoever may see only a folder of somebody else is not told whom that person knows."""
        return Right.READ in self.mailbox.rights

    def meet(self, addr_specs: Iterable[str]) -> None:
        """Look up which of these the reader knows: one statement, or none when all are colleagues."""
        if not self._is_open:
            return
        outside = [each for each in addr_specs if each and each not in self.colleagues and fold(each) not in self.own]
        self.known |= acquaintance.known_among(self.mailbox, outside) if outside else set()

    def is_external(self, summary: Summary) -> bool:
        """Say whether a message came from outside the organization, whatever address it names."""
        author = _author_of(summary)
        return (
            bool(summary.authentication and author) and author not in self.colleagues and fold(author) not in self.own
        )

    def warning(self, summary: Summary, message: Message, *, is_list: bool) -> SenderWarning | None:
        """Return what the reader should know about the sender. What one sent or writes oneself is without."""
        author = _author_of(summary)
        if not author or message.is_draft or message.folder.role in _OUTGOING:
            return None
        facts = Facts(
            addr_spec=fold(author),
            display_name=summary.from_[0].display_name,
            authentication=summary.authentication,
            is_own=fold(author) in self.own,
            is_colleague=author in self.colleagues,
            is_known=fold(author) in self.known or not self._is_open,
            is_list=is_list,
            answers_to=tuple(person.addr_spec for person in summary.reply_to[:20]),
            own_domains=self.colleagues.domains,
            colleague_names=partial(_names_of_colleagues, self.mailbox.mailbox.organization_id),
            known_domains=partial(acquaintance.domains_written_to, self.mailbox),
            has_written_before=partial(_has_written_before, self.mailbox, author, message),
        )
        return sender_warnings.assess(facts)


_OUTGOING = (Folder.Role.SENT, Folder.Role.SCHEDULED, Folder.Role.DRAFTS)


def _author_of(summary: Summary) -> str:
    return summary.from_[0].addr_spec if summary.from_ else ""


def _names_of_colleagues(organization_id: str) -> frozenset[tuple[str, ...]]:
    people = (entry for entry in address_list.everybody(organization_id) if entry.kind == "user")
    return frozenset(lookalikes.name_skeleton(entry.display_name) for entry in people)


def _has_written_before(mailbox: OpenMailbox, author: str, message: Message) -> bool:
    # What the index has not read yet it cannot tell: nobody is called a stranger on a guess.
    return not message.is_indexed or earlier.has_mail_from(mailbox, author, message)


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
