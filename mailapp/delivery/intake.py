"""Accepting mail: when these functions return, the message is ours and survives a power cut.

The content is durable before the transaction, the rows are when it commits, and only then somebody is told. Telling
Celery comes last and may fail: the sweep finds what no task is working on.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox
from mailapp.delivery import announcing, group_commit, header_fields, on_behalf, pipeline, quotas, trace_fields
from mailapp.delivery.authentication import results
from mailapp.delivery.envelope import Envelope, Recipient
from mailapp.delivery.models import Transit
from mailapp.delivery.offers import Offer
from mailapp.delivery.transits import OpenTransit, close, new_row
from mailapp.delivery.verdicts import Verdict
from mailapp.mime import headers
from mailapp.mime.addresses import ascii_domain
from mailapp.store import appending, blobs, contents
from mailapp.store.contents import WrittenContent
from mailapp.store.models import Folder, Message
from workmail.errors import Forbidden, Invalid, LimitExceeded, NotFound, WorkmailError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Submitted:
    transits: tuple[Transit, ...]
    sent: Message | None = None  # the copy in Sent

    @property
    def transit(self) -> Transit:
        return self.transits[0]


def accept(
    envelope: Envelope, raw: bytes, recipients_by_organization: Mapping[str, Sequence[Recipient]]
) -> tuple[str, list[Transit]]:
    """Take a message from the MX port. Returns the id for the reply, and the rows: one for each organization.

    Raises:
        OSError: The blob store is full or away; nothing was accepted.
    """
    trace_id = uuid.uuid4().hex
    written = contents.write(_as_received(raw, envelope, trace_id))
    rows = [
        _row(organization_id, Transit.Direction.INBOUND, written, envelope.to(recipients), trace_id)
        for organization_id, recipients in recipients_by_organization.items()
    ]
    _save(written, rows)
    return trace_id, rows


def accept_submission(offer: Offer) -> tuple[str, list[Transit]]:
    """Take a message from somebody who is signed in at a submission port; the stages have passed the offer.

    Raises:
        OSError: The blob store is full or away; nothing was accepted.
        LimitExceeded: Too many recipients elsewhere today.
    """
    assert offer.sender is not None
    assert offer.raw is not None
    raw = on_behalf.settle(offer, offer.raw)
    submitted = _submit(offer, _completed(raw, offer.envelope))
    return submitted.transit.trace_id, list(submitted.transits)


def submit(
    mailbox: OpenMailbox,
    raw: bytes,
    recipients: Iterable[Recipient | str],
    *,
    reverse_path: str | None = None,
    hold_until: datetime | None = None,
    sent_copy: bytes | None = None,
    sent_folder: OpenFolder | None = None,
    within: Callable[[Submitted], None] | None = None,
) -> Submitted:
    """Send a message in the name of a mailbox's owner, from inside the house (browser, phone, API).

    Args:
        raw: As it goes out: without Bcc.
        reverse_path: Where reports go; the owner's primary address by default.
        hold_until: Undo send, send later: until then ``recall`` can stop it.
        sent_copy: What is filed in Sent, in the same transaction (with Bcc, usually); None files nothing.
        sent_folder: Where that is filed instead of Sent, at the time the message leaves.
        within: Called inside that transaction, to delete the draft for example.

    Raises:
        Forbidden: The owner may not send with this address.
        Invalid: A recipient is unknown here or no address; ``details["recipients"]`` lists them.
        LimitExceeded: Too big, too many recipients, or too many elsewhere today.
        OSError: The blob store is full or away; nothing was sent.
    """
    mailbox.require(access.Right.INSERT)
    if not mailbox.is_own:
        raise Forbidden  # full access to a mailbox is not the right to send in its owner's name
    entity = mailbox.mailbox.entity
    user = getattr(entity, "user", None)
    if user is None:
        raise Forbidden
    envelope = Envelope(
        reverse_path=user.addr_spec if reverse_path is None else reverse_path,
        recipients=(),
        protocol="HTTP",
        user_id=str(user.pk),
    )
    raw = _completed(header_fields.with_line_ends(raw), envelope)
    offer = Offer(envelope, sender=user)
    _fill(offer, recipients, raw)
    return _submit(
        offer,
        on_behalf.settle(offer, raw),
        mailbox=mailbox,
        sent_copy=sent_copy,
        sent_folder=sent_folder,
        hold_until=hold_until,
        within=within,
    )


def originate(
    organization_id: str, raw: bytes, recipients: Iterable[Recipient], *, reverse_path: str = ""
) -> tuple[WrittenContent, Transit]:
    """Prepare a message that the house itself writes, such as a report. The caller saves both with ``save_originated``.

    Raises:
        OSError: The blob store is full or away.
    """
    envelope = Envelope(reverse_path=reverse_path, recipients=tuple(recipients), protocol="LOCAL")
    written = contents.write(raw)
    return written, _row(organization_id, Transit.Direction.SUBMISSION, written, envelope, uuid.uuid4().hex)


def save_originated(written: WrittenContent, row: Transit) -> None:
    """Write the rows of ``originate`` inside the caller's transaction."""
    written.content.save(force_insert=True)
    row.save(force_insert=True)
    announcing.after_commit(row)


def recall(mailbox: OpenMailbox, transit_id: UUID) -> bool:
    """Stop a message that is still on hold (undo send). Returns False when it has left already.

    Raises:
        NotFound: It was not sent from this mailbox, or not on hold.
    """
    with transaction.atomic():
        row = (
            Transit.objects.select_for_update()
            .filter(pk=transit_id, organization_id=mailbox.mailbox.organization_id)
            .filter(direction=Transit.Direction.SUBMISSION, hold_until__isnull=False)
            .first()
        )
        if row is None:
            raise NotFound
        envelope = OpenTransit(row).envelope
        if envelope.user_id != str(mailbox.mailbox.entity_id):
            raise NotFound
        if row.state != Transit.State.WAITING or row.lease_until or row.hold_until <= timezone.now():
            return False
        close(row, Transit.State.RECALLED)
        row.save()
        leaves_on = row.hold_until.astimezone(UTC).date()
        quotas.give_back(envelope.user_id, row.organization_id, envelope.external_count, leaves_on)
    return True


def _submit(
    offer: Offer,
    raw: bytes,
    *,
    mailbox: OpenMailbox | None = None,
    sent_copy: bytes | None = None,
    sent_folder: OpenFolder | None = None,
    hold_until: datetime | None = None,
    within: Callable[[Submitted], None] | None = None,
) -> Submitted:
    sender = offer.sender
    assert sender is not None
    trace_id = uuid.uuid4().hex
    envelope = replace(
        offer.envelope, recipients=tuple(_all_recipients(offer)), external_count=len(offer.remote_recipients)
    )
    written = contents.write(_with_received(raw, envelope, trace_id))
    row = _row(sender.organization_id, Transit.Direction.SUBMISSION, written, envelope, trace_id, hold_until=hold_until)
    sealed, folder, copies = None, None, []
    if sent_copy is not None:
        assert mailbox is not None
        folder = sent_folder or access.folder_by_role(mailbox, Folder.Role.SENT)
        copies.append(contents.write(sent_copy))
        prepared = appending.prepare_existing(copies[0].content, copies[0].key, sent_copy)
        leaves_at = hold_until if sent_folder else None
        sealed = appending.seal(mailbox.keys, prepared, flags=appending.Flags(is_seen=True), internal_date=leaves_at)

    def more() -> Submitted:
        leaves_on = hold_until.astimezone(UTC).date() if hold_until else None
        quotas.spend(str(sender.pk), sender.organization_id, len(offer.remote_recipients), leaves_on)
        sent = appending.append(folder, [sealed])[0] if folder and sealed else None
        submitted = Submitted((row,), sent)
        if within is not None:
            within(submitted)
        return submitted

    return _save(written, [row], more, *copies)


def _save(
    written: WrittenContent, rows: list[Transit], more: Callable[[], Submitted] | None = None, *others: WrittenContent
) -> Submitted:
    """Make the rows durable, with whatever belongs to the same promise."""
    is_written = False

    def write() -> Submitted:
        nonlocal is_written
        written.content.save(force_insert=True)
        for row in rows:
            row.save(force_insert=True)
        submitted = more() if more else Submitted(tuple(rows))
        for row in rows:
            announcing.after_commit(row)
        is_written = True
        return submitted

    try:
        return group_commit.run(write)
    except BaseException:
        if not is_written:  # else the commit failed, and nobody knows how it ended: a blob too many does no harm
            for content in (written, *others):
                discard(content)
        raise


def discard(written: WrittenContent) -> None:
    """Remove the blob of a content whose row was not committed."""
    try:
        blobs.delete(written.content.blob_name)
    except OSError:
        logger.warning("Blob %s is left over", written.content.blob_name)


def _row(
    organization_id: str,
    direction: str,
    written: WrittenContent,
    envelope: Envelope,
    trace_id: str,
    hold_until: datetime | None = None,
) -> Transit:
    return new_row(
        organization_id=organization_id,
        direction=direction,
        content=written.content,
        content_key=written.key,
        envelope=envelope,
        trace_id=trace_id,
        hold_until=hold_until,
    )


def _fill(offer: Offer, recipients: Iterable[Recipient | str], raw: bytes) -> None:
    """Run the stages that an SMTP client would meet, for all recipients and the message."""
    unusable = []
    for named in recipients:
        recipient = Recipient(named) if isinstance(named, str) else named
        offer.recipient = recipient
        verdict = pipeline.run(pipeline.BEFORE_SUBMISSION, offer)
        if verdict is None:
            offer.envelope = replace(offer.envelope, recipients=(*offer.envelope.recipients, recipient))
        elif verdict.enhanced_status_code in ("5.1.1", "5.1.3"):
            unusable.append(recipient.address)
        else:
            raise _as_error(verdict)
    if unusable:
        raise Invalid(
            ngettext(
                "This recipient does not exist: %(addresses)s. Correct the address and send again.",
                "These recipients do not exist: %(addresses)s. Correct the addresses and send again.",
                len(unusable),
            )
            % {"addresses": ", ".join(unusable)},
            recipients=unusable,
        )
    if not offer.envelope.recipients:
        raise Invalid(_("Add at least one recipient."), recipients=[])
    offer.recipient, offer.raw, offer.size_bytes = None, raw, len(raw)
    if verdict := pipeline.run(pipeline.BEFORE_SUBMISSION, offer):
        raise _as_error(verdict)


def _as_error(verdict: Verdict) -> WorkmailError:
    code = verdict.enhanced_status_code
    if code == "5.3.4":
        return LimitExceeded(_("The message is too big to be sent. Remove an attachment and send again."))
    if code == "4.5.3":
        return LimitExceeded(
            ngettext(
                "A message can have at most %(count)d recipient.",
                "A message can have at most %(count)d recipients.",
                settings.SMTP_MAX_RECIPIENTS,
            )
            % {"count": settings.SMTP_MAX_RECIPIENTS}
        )
    if code == "5.7.1":
        return Forbidden(_("You may not send with this address. Choose one of your own addresses."))
    return Invalid(_("This message cannot be sent as it is."))


def _all_recipients(offer: Offer) -> list[Recipient]:
    local = [recipient for recipients in offer.recipients_by_organization.values() for recipient in recipients]
    return [*local, *offer.remote_recipients]


def _as_received(raw: bytes, envelope: Envelope, trace_id: str) -> bytes:
    """Return what is kept: without what only we may say, and with our Received field in front."""
    raw = header_fields.without(raw, _is_ours_to_say)
    return _with_received(raw, envelope, trace_id)


def _with_received(raw: bytes, envelope: Envelope, trace_id: str) -> bytes:
    received = trace_fields.received(envelope, host_name=_host_name(), trace_id=trace_id)
    return header_fields.put_in_front(raw, received)


def _is_ours_to_say(field: header_fields.Field) -> bool:
    return field.name == "return-path" or results.claims_to_be_ours(field, [_host_name()])


def _completed(raw: bytes, envelope: Envelope) -> bytes:
    """Add what a message of ours must have (RFC 6409 §8), and take out Bcc and what only a receiver may say."""
    raw = header_fields.without(raw, lambda field: field.name == "bcc" or _is_ours_to_say(field))
    present = {field.name for field in header_fields.fields(header_fields.split(raw)[0])}
    added = b""
    if "date" not in present:
        added += headers.fold("Date", format_datetime(datetime.now(UTC)))
    if "message-id" not in present:
        domain = ascii_domain(envelope.reverse_path.rpartition("@")[2]) or _host_name()
        added += headers.fold("Message-ID", f"<{uuid.uuid4().hex}@{domain}>")
    return header_fields.put_in_front(raw, added) if added else raw


def _host_name() -> str:
    return settings.MAIL_HOST_NAME
