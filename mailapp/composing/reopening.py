"""Opening what lies in Drafts: one's own draft as it was, or one that another program left there."""

from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from mailapp.access import OpenMailbox, Right
from mailapp.composing import building, recipients, rows, uploads
from mailapp.composing.models import Draft
from mailapp.composing.state import Fields, Origin
from mailapp.composing.uploads import PendingFile
from mailapp.mime import sanitize
from mailapp.mime.parse import parse, part_content
from mailapp.store import queries
from mailapp.store.models import Folder, Message
from workmail.errors import NotFound


def open_message(mailbox: OpenMailbox, message_key: UUID) -> Draft:
    """Return the draft behind a message in Drafts; one that another program left there is taken over.

    Raises:
        NotFound: There is no such message, or it is no draft.
        LimitExceeded: Its files are more than a message can carry.
    """
    mailbox.require(Right.READ)
    known = Draft.objects.filter(mailbox=mailbox.mailbox, message_key=message_key).first()
    if known is not None and rows.is_editing(known):
        return known
    message = queries.message(mailbox, message_key)
    if not message.is_draft and message.folder.role != Folder.Role.DRAFTS:
        raise NotFound
    return _take_over(mailbox, message)


def _take_over(mailbox: OpenMailbox, message: Message) -> Draft:
    raw = queries.raw(mailbox, message)
    parsed = parse(raw)
    pictures: dict[str, str] = {}
    files: list[PendingFile] = []
    for part in (*parsed.inline_parts, *parsed.attachments, *parsed.calendar_parts):
        content = part_content(raw, part.number)
        is_shown = bool(part.content_id and parsed.html and f"cid:{part.content_id}" in parsed.html)
        file = uploads.prepare(
            mailbox,
            content.file_name or part.file_name,
            content.octets,
            content_type=content.content_type,
            is_inline=is_shown,
        )
        if file.upload.is_inline:
            pictures[part.content_id] = f"cid:{file.details.content_id}"
        files.append(file)
    fields = Fields(
        from_address=next((person.addr_spec for person in parsed.from_), ""),
        to=recipients.write(parsed.to),
        cc=recipients.write(parsed.cc),
        bcc=recipients.write(parsed.bcc),
        subject=parsed.subject,
        html=sanitize.sanitize_for_editor(parsed.html, inline=pictures) if parsed.html else "",
        text="" if parsed.html else parsed.text,
        is_plain=not parsed.html,
        importance=parsed.importance,
        requests_receipt=bool(parsed.disposition_notification_to),
    )
    origin = Origin(
        message_id=parsed.message_id or building.new_message_id(mailbox),
        in_reply_to=parsed.in_reply_to,
        references=parsed.references,
    )
    draft = rows.new(mailbox, uuid4(), fields.cleaned(), origin)
    draft.message_key, draft.revision, draft.is_settled = message.key, 1, True
    draft.saved_at = timezone.now()
    try:
        with transaction.atomic():
            draft.save(force_insert=True)
            for file in files:
                uploads.save(file, draft)
    except IntegrityError:  # two pages opened it at once; what this one prepared is swept as waste
        return Draft.objects.get(mailbox=mailbox.mailbox, message_key=message.key)
    return draft
