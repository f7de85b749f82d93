"""The automatic reply of a mailbox: setting it, and claiming the one answer that a sender gets in its time."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox, Right
from mailapp.rules.models import AnsweredSender, AutomaticReply
from mailapp.store.models import Mailbox
from workmail.audit import log as audit
from workmail.directory.addresses import fold
from workmail.errors import Invalid

LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Texts:
    """What colleagues read, and what everybody else does."""

    inside: str = ""
    outside: str = ""


class State(StrEnum):
    OFF = "off"
    WAITING = "waiting"  # for its first day
    ON = "on"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Reply:
    """The automatic reply, readable."""

    is_on: bool = False
    audience: str = AutomaticReply.Audience.EVERYONE
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    texts: Texts = Texts()
    window: int = 0

    def state(self, now: datetime | None = None) -> State:
        now = now or timezone.now()
        if not self.is_on:
            return State.OFF
        if self.starts_at is not None and now < self.starts_at:
            return State.WAITING
        if self.ends_at is not None and now >= self.ends_at:
            return State.OVER
        return State.ON


def get(mailbox: OpenMailbox) -> Reply:
    """Return what is set, on or off: one statement."""
    mailbox.require(Right.READ)
    row = AutomaticReply.objects.filter(mailbox=mailbox.mailbox).first()
    return Reply() if row is None else _opened(mailbox, row)


def is_on(mailbox: OpenMailbox, now: datetime | None = None) -> bool:
    """Tell whether answers go out now: for a banner, from the row that came with the mailbox."""
    row = getattr(mailbox.mailbox, "automatic_reply", None)
    return row is not None and Reply(row.is_on, row.audience, row.starts_at, row.ends_at).state(now) is State.ON


def in_force(mailbox: OpenMailbox, now: datetime | None = None) -> Reply | None:
    """Return the reply if it is to be sent now: one statement, which reads nothing while it is off."""
    row = AutomaticReply.objects.filter(mailbox=mailbox.mailbox, is_on=True).first()
    if row is None:
        return None
    reply = _opened(mailbox, row)
    return reply if reply.state(now) is State.ON else None


def save(mailbox: OpenMailbox, wanted: Reply) -> Reply:
    """Set the automatic reply. Switched on anew or given other days, it answers everybody once more.

    Raises:
        Forbidden: The actor may not change what this mailbox keeps.
        Invalid: ``details["field"]`` says what.
    """
    mailbox.require(Right.WRITE)
    wanted = _checked(wanted)
    sealed = mailbox.keys.seal(json.dumps(asdict(wanted.texts)).encode(), _context(mailbox))
    with transaction.atomic():
        Mailbox.objects.select_for_update().only("pk").get(pk=mailbox.mailbox.pk)
        row = AutomaticReply.objects.filter(mailbox=mailbox.mailbox).first() or AutomaticReply(mailbox=mailbox.mailbox)
        is_new_time = wanted.is_on and (
            not row.is_on or (row.starts_at, row.ends_at) != (wanted.starts_at, wanted.ends_at)
        )
        row.is_on, row.audience, row.texts = wanted.is_on, wanted.audience, sealed
        row.starts_at, row.ends_at = wanted.starts_at, wanted.ends_at
        row.window += is_new_time
        row.save()
        if is_new_time:
            AnsweredSender.objects.filter(reply=row).delete()
        audit.record(
            mailbox.actor,
            "automatic_reply.change",
            mailbox.mailbox.pk,
            organization_id=mailbox.mailbox.organization_id,
            is_on=wanted.is_on,
            audience=str(wanted.audience),
        )
    return replace(wanted, window=row.window)


def is_answered(mailbox: OpenMailbox, reply: Reply, addr_spec: str) -> bool:
    """Tell whether the address got its answer already. Only ``claim`` decides; this saves writing one in vain."""
    return AnsweredSender.objects.filter(
        reply_id=mailbox.mailbox.pk, window=reply.window, sender_digest=_digest(mailbox, addr_spec)
    ).exists()


def claim(mailbox: OpenMailbox, reply: Reply, addr_spec: str) -> bool:
    """Take the one answer for this address, inside the transaction that writes it; False when it was taken before.

    Of two workers at once the second waits for the first here.
    """
    try:
        with transaction.atomic():
            AnsweredSender.objects.create(
                reply_id=mailbox.mailbox.pk, window=reply.window, sender_digest=_digest(mailbox, addr_spec)
            )
    except IntegrityError:
        return False
    return True


def _checked(wanted: Reply) -> Reply:
    inside, outside = (_cleaned(text) for text in (wanted.texts.inside, wanted.texts.outside))
    for field, text in (("inside", inside), ("outside", outside)):
        if len(text) > LONGEST_TEXT:
            raise Invalid(_("The text may have at most %(count)d characters.") % {"count": LONGEST_TEXT}, field=field)
    if wanted.audience not in AutomaticReply.Audience.values:
        raise Invalid(_("Choose one of the values offered."), field="audience")
    if wanted.is_on:
        if not inside:
            raise Invalid(_("Write what your colleagues get as an answer."), field="inside")
        if not outside and wanted.audience != AutomaticReply.Audience.NOBODY:
            raise Invalid(_("Write what people outside your organization get as an answer."), field="outside")
        if wanted.ends_at is not None and wanted.ends_at <= timezone.now():
            raise Invalid(_("The end is in the past. Choose a later one, or none."), field="ends_at")
    if wanted.starts_at and wanted.ends_at and wanted.ends_at <= wanted.starts_at:
        raise Invalid(_("The end must be after the beginning."), field="ends_at")
    return replace(wanted, texts=Texts(inside, outside))


def _cleaned(text: str) -> str:
    kept = "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t" or c.isprintable())
    return kept.encode("utf-8", "replace").decode().strip()


def _opened(mailbox: OpenMailbox, row: AutomaticReply) -> Reply:
    texts = Texts(**json.loads(mailbox.keys.unseal(bytes(row.texts), _context(mailbox))))
    return Reply(row.is_on, row.audience, row.starts_at, row.ends_at, texts, row.window)


def _context(mailbox: OpenMailbox) -> bytes:
    return b"automatic reply " + mailbox.mailbox.pk.bytes


def _digest(mailbox: OpenMailbox, addr_spec: str) -> bytes:
    return mailbox.keys.digest(f"automatic reply {fold(addr_spec)}")
