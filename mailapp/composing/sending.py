"""Sending a draft, taking it back while it is on hold, and what happens once it has really left.

Sending is one transaction: the transit, the copy in Sent, the end of the draft. Before it, one request claims the
draft, so that a second click waits for the first; should that process die, the claim lapses and the draft is as it was.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailapp.access import OpenMailbox, Right, folder_by_role, folder_in, open_shared_mailbox
from mailapp.composing import (
    authors,
    building,
    checks,
    copies,
    drafts,
    recipients,
    reminders,
    rows,
    signatures,
    uploads,
)
from mailapp.composing.drafts import Editor
from mailapp.composing.models import Draft, Upload
from mailapp.composing.state import Fields, Manner, Origin
from mailapp.delivery import intake
from mailapp.delivery.intake import Submitted
from mailapp.files import links, uses
from mailapp.files.uses import LinkedFile
from mailapp.store import drafts as stored
from mailapp.store import flags, folders
from mailapp.store.flags import FlagChange
from mailapp.store.models import Folder, Message
from mailapp.store.moving import move
from workmail.accounts.actor import Actor
from workmail.errors import Invalid, NotFound, Stale

CLAIM: Final = timedelta(minutes=2)
LATEST: Final = timedelta(days=366)
LONGEST_HOLD: Final = timedelta(seconds=60)
_WAIT_FOR_THE_OTHER_SECONDS: Final = 20.0
_HANDED_OVER_PER_SECOND_BYTES: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask before sending. ``button`` sends nevertheless."""

    code: str
    text: str
    button: str


class Unconfirmed(Invalid):
    """The message could be sent, but looks unfinished; ``questions`` says how."""

    code = "unconfirmed"

    def __init__(self, questions: list[Question]) -> None:
        super().__init__(questions[0].text)
        self.questions = questions


@dataclass(frozen=True, slots=True)
class Outcome:
    """A draft that was handed over, and how long it can still be taken back."""

    draft: Draft
    seconds_left: float


def send(
    mailbox: OpenMailbox,
    draft_id: UUID,
    fields: Fields,
    editor: Editor,
    *,
    hold: timedelta,
    confirmed: Collection[str] = (),
    send_at: datetime | None = None,
) -> Outcome:
    """Save the draft and hand it over to delivery. Sent once, however often it is asked for.

    Args:
        hold: How long it can be taken back; at most ``LONGEST_HOLD``.
        confirmed: Codes of questions that were answered with "send nevertheless".
        send_at: When it leaves, for sending later: until then it waits in Scheduled.

    Raises:
        Unconfirmed: There is something to ask first.
        Invalid: No recipient, or one that is no address or does not exist here.
        LimitExceeded: Too big, too many recipients, or too many outside today; the draft is kept.
        Forbidden: The From address is none of one's own.
        Stale, OverQuota, NotFound, OSError: See ``drafts.save``; the draft is kept as it was.
    """
    if send_at is not None:
        _check_time(send_at)
    known = rows.find(mailbox, draft_id)
    if known is not None and known.status in (Draft.Status.HELD, Draft.Status.SENT):
        return outcome_of(known)
    if known is None or rows.is_editing(known):
        drafts.save(mailbox, draft_id, fields, editor)
        _check(mailbox, draft_id, confirmed)
    claim = _claim(mailbox, draft_id)
    if claim is None:
        return _wait_for_the_other(mailbox, draft_id)
    try:
        _hand_over(mailbox, claim, min(hold, LONGEST_HOLD), send_at)
    except BaseException:
        _give_up(claim)
        raise
    draft = rows.get(mailbox, draft_id)
    if draft.hold_until is not None and draft.hold_until <= timezone.now():
        finish(mailbox, draft_id)
    return outcome_of(draft)


def reschedule(mailbox: OpenMailbox, draft_id: UUID, send_at: datetime | None) -> Outcome:
    """Let a message that waits leave at another time; None: now.

    It is taken back and handed over anew. Should the process die between the two, it is a draft again, and is not sent.

    Raises:
        NotFound, Stale: See ``take_back``.
        Invalid, LimitExceeded: See ``send``; the message is a draft again, unless the time itself cannot be.
    """
    if send_at is not None:
        _check_time(send_at)
    draft = take_back(mailbox, draft_id)
    fields = rows.fields_of(mailbox, draft)
    editor = Editor(uuid4(), revision=draft.revision)
    confirmed = ("subject", "attachment")
    return send(mailbox, draft_id, fields, editor, hold=timedelta(0), confirmed=confirmed, send_at=send_at)


def is_scheduled(draft: Draft) -> bool:
    """Tell whether it waits for a time somebody chose, not only until it can no longer be taken back."""
    if draft.status != Draft.Status.HELD or draft.sent_key is None:
        return False
    return Message.objects.filter(key=draft.sent_key, folder__role=Folder.Role.SCHEDULED).exists()


def _check_time(send_at: datetime) -> None:
    now = timezone.now()
    if send_at <= now:
        raise Invalid(_("This time has passed. Choose a later one."), field="send_at")
    if send_at > now + LATEST:
        raise Invalid(_("Choose a time within the next year."), field="send_at")


def outcome_of(draft: Draft) -> Outcome:
    left = (draft.hold_until - timezone.now()).total_seconds() if draft.hold_until else 0.0
    return Outcome(draft, max(0.0, left) if draft.status == Draft.Status.HELD else 0.0)


def take_back(mailbox: OpenMailbox, draft_id: UUID) -> Draft:
    """Stop a message on hold and put it back into Drafts. Taking it back twice changes nothing.

    Raises:
        NotFound: There is no such draft.
        Stale: It has left.
    """
    mailbox.require(Right.INSERT, Right.EXPUNGE)
    draft = rows.get(mailbox, draft_id)
    if rows.is_editing(draft):
        return draft
    if draft.status != Draft.Status.HELD or draft.transit_id is None:
        raise _gone()
    fields, origin = rows.fields_of(mailbox, draft), rows.origin_of(mailbox, draft)
    version = drafts.prepare(mailbox, draft_id, fields, origin, whole=False)
    with transaction.atomic():
        locked = rows.lock(mailbox, draft_id)
        if locked.status == Draft.Status.EDITING:
            return locked
        if locked.status != Draft.Status.HELD or not intake.recall(mailbox, draft.transit_id):
            raise _gone()
        stored.remove(mailbox, locked.sent_key)
        message = stored.put(folder_by_role(mailbox, Folder.Role.DRAFTS), version.sealed)
        locked.status, locked.message_key = Draft.Status.EDITING, message.key
        locked.transit_id = locked.sent_key = locked.hold_until = None
        locked.is_settled, locked.saved_at = version.is_whole, timezone.now()
        locked.save()
    return locked


def finish(mailbox: OpenMailbox, draft_id: UUID) -> None:
    """Do what waits until a message can no longer be taken back: mark what it answered, forget its files."""
    _reach_other_mailboxes(mailbox, draft_id)
    with transaction.atomic():
        draft = rows.lock(mailbox, draft_id)
        if draft.status != Draft.Status.HELD or (draft.hold_until and draft.hold_until > timezone.now()):
            return
        origin = rows.origin_of(mailbox, draft)
        _mark_answered(mailbox, origin)
        _file_in_sent(mailbox, draft)
        if days := rows.fields_of(mailbox, draft).remind_days:
            _remind(mailbox, draft, days)
        uploads.release(Upload.objects.filter(draft=draft))
        uses.forget(draft_id)
        draft.status = Draft.Status.SENT
        # What remains is the proof that it was sent, for a page that asks again.
        draft.fields, draft.origin = rows.seal(mailbox, draft_id, Fields()), rows.seal(mailbox, draft_id, Origin())
        draft.save()


def _check(mailbox: OpenMailbox, draft_id: UUID, confirmed: Collection[str]) -> None:
    draft = rows.get(mailbox, draft_id)
    fields, origin = rows.fields_of(mailbox, draft), rows.origin_of(mailbox, draft)
    files = building.used_files(fields, origin, uploads.files_of(mailbox, draft_id))
    if unreadable := recipients.unusable(fields):
        raise Invalid(_("“%(text)s” is not an address. Correct it or remove it.") % {"text": unreadable[0]}, field="to")
    people = recipients.all_of(fields)
    if not people:
        raise Invalid(_("Add at least one recipient."), field="to")
    authors.check(mailbox, fields)
    building.check_size(fields, origin, files)
    linked = uses.of_draft(mailbox, draft_id)
    _check_links(linked)
    questions = []
    if not fields.subject and "subject" not in confirmed:
        questions.append(
            Question("subject", _("This message has no subject. Send it anyway?"), pgettext("button", "Send anyway"))
        )
    has_files = any(not file.is_inline for file in files) or origin.manner is Manner.FORWARD_AS_ATTACHMENT or linked
    if not has_files and "attachment" not in confirmed and _mentions_attachment(mailbox, fields):
        questions.append(
            Question(
                "attachment",
                _("The text speaks of an attachment, but nothing is attached. Send it anyway?"),
                pgettext("button", "Send anyway"),
            )
        )
    if questions:
        raise Unconfirmed(questions)


def _check_links(linked: list[LinkedFile]) -> None:
    for file in linked:
        if file.link is None:
            raise Invalid(
                _("The link to “%(name)s” has run out. Remove it, or add the file again.") % {"name": file.name}
            )


def _mentions_attachment(mailbox: OpenMailbox, fields: Fields) -> bool:
    return checks.mentions_attachment(signatures.own_text(mailbox, fields))


def _claim(mailbox: OpenMailbox, draft_id: UUID) -> Draft | None:
    """Take the draft for sending; None when another request has it, or had it and was done."""
    with transaction.atomic():
        draft = rows.lock(mailbox, draft_id)
        if not rows.is_editing(draft):
            return None
        draft.status, draft.claimed_until = Draft.Status.SENDING, timezone.now() + CLAIM
        draft.save(update_fields=["status", "claimed_until"])
    return draft


def _give_up(claim: Draft) -> None:
    Draft.objects.filter(pk=claim.pk, status=Draft.Status.SENDING, claimed_until=claim.claimed_until).update(
        status=Draft.Status.EDITING, claimed_until=None
    )


def _wait_for_the_other(mailbox: OpenMailbox, draft_id: UUID) -> Outcome:
    """A second click: answer what the first one achieved."""
    until = time.monotonic() + _WAIT_FOR_THE_OTHER_SECONDS
    while time.monotonic() < until:
        draft = rows.get(mailbox, draft_id)
        if draft.status in (Draft.Status.HELD, Draft.Status.SENT):
            return outcome_of(draft)
        if rows.is_editing(draft):
            break
        time.sleep(0.1)
    raise Stale(_("The message is being sent already. Look into Sent before you send it again."), reason="sending")


def _hand_over(mailbox: OpenMailbox, claim: Draft, hold: timedelta, send_at: datetime | None) -> None:
    fields, origin = rows.fields_of(mailbox, claim), rows.origin_of(mailbox, claim)
    files = building.used_files(fields, origin, uploads.files_of(mailbox, claim.pk))
    links.renew([file.link for file in uses.of_draft(mailbox, claim.pk) if file.link], send_at or timezone.now())
    linked = uses.of_draft(mailbox, claim.pk)
    own_copy = building.build(mailbox, fields, origin, files, linked=linked, for_sending=True, date=send_at)
    # Handing over a large message takes seconds itself; they are not the writer's.
    handing_over = timedelta(seconds=len(own_copy) / _HANDED_OVER_PER_SECOND_BYTES)
    hold_until = timezone.now() + handing_over + hold if hold > timedelta(0) else None
    hold_until = send_at or hold_until

    def end_draft(submitted: Submitted) -> None:
        stored.remove(mailbox, claim.message_key)
        ended = Draft.objects.filter(
            pk=claim.pk, status=Draft.Status.SENDING, claimed_until=claim.claimed_until
        ).update(
            status=Draft.Status.HELD,
            claimed_until=None,
            message_key=None,
            transit_id=submitted.transit.pk,
            sent_key=submitted.sent.key if submitted.sent else None,
            hold_until=hold_until or timezone.now(),
        )
        if not ended:  # this process was away so long that its claim lapsed and another one sent it
            raise Stale(reason="sending")

    intake.submit(
        mailbox,
        building.without_bcc(own_copy),
        [person.addr_spec for person in recipients.all_of(fields)],
        reverse_path=authors.of_fields(mailbox, fields).reverse_path,
        hold_until=hold_until,
        sent_copy=own_copy,
        sent_folder=folders.of_role(mailbox, Folder.Role.SCHEDULED) if send_at else None,
        within=end_draft,
    )


def _remind(mailbox: OpenMailbox, draft: Draft, days: int) -> None:
    sent = Message.objects.filter(mailbox=mailbox.mailbox, key=draft.sent_key).defer("summary", "structure").first()
    if sent is not None:
        reminders.note(mailbox, sent, days)


def _file_in_sent(mailbox: OpenMailbox, draft: Draft) -> None:
    """What was sent later has waited in Scheduled."""
    waiting = Message.objects.filter(mailbox=mailbox.mailbox, key=draft.sent_key, folder__role=Folder.Role.SCHEDULED)
    for folder_id, uid in waiting.values_list("folder_id", "uid"):
        move(folder_in(mailbox, folder_id), [uid], folder_by_role(mailbox, Folder.Role.SENT))


def _reach_other_mailboxes(mailbox: OpenMailbox, draft_id: UUID) -> None:
    """Do what concerns others' mailboxes, before and outside the transaction that finishes the draft.

    Whoever holds the numbers of two mailboxes at once may wait for somebody who holds them in the other order. All of
    it may happen twice.
    """
    draft = rows.find(mailbox, draft_id)
    if draft is None or draft.status != Draft.Status.HELD or (draft.hold_until and draft.hold_until > timezone.now()):
        return
    _mark_answered_elsewhere(mailbox, rows.origin_of(mailbox, draft))
    author = authors.of_fields(mailbox, rows.fields_of(mailbox, draft))
    if author.copies_to is not None:
        copies.put(mailbox, draft.sent_key, author.copies_to)


def _mark_answered(mailbox: OpenMailbox, origin: Origin) -> None:
    if origin.message_key is None:
        return
    answered = Message.objects.filter(mailbox=mailbox.mailbox, key=origin.message_key).defer("summary").first()
    if answered is not None:
        _mark(mailbox, answered, origin)


def _mark_answered_elsewhere(mailbox: OpenMailbox, origin: Origin) -> None:
    """Mark a message of a folder that is shared with the writer, if they may mark there."""
    answered = Message.objects.filter(key=origin.message_key).defer("summary").first()
    if answered is None or answered.mailbox_id == mailbox.mailbox.pk:
        return
    try:
        holder = open_shared_mailbox(Actor(mailbox.mailbox.entity.user), answered.mailbox_id)
    except NotFound:
        return
    if Right.WRITE in holder.rights_in(answered.folder_id):
        _mark(holder, answered, origin)


def _mark(holder: OpenMailbox, answered: Message, origin: Origin) -> None:
    flag = "is_answered" if origin.manner.is_reply else "is_forwarded"
    try:
        flags.change(folder_in(holder, answered.folder_id), [answered.uid], FlagChange(set=frozenset({flag})))
    except NotFound:
        return


def _gone() -> Stale:
    return Stale(_("The message has left already and cannot be taken back."), reason="left")


def hold_of(preferences: dict[str, object]) -> timedelta:
    """Return how long this person's messages can be taken back."""
    chosen = preferences.get("undo_send_seconds")
    if isinstance(chosen, bool) or not isinstance(chosen, int):
        chosen = settings.UNDO_SEND_SECONDS
    return min(max(timedelta(0), timedelta(seconds=chosen)), LONGEST_HOLD)
