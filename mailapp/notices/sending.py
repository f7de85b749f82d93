"""Telling the browsers: what is due is encrypted for each and handed to its push service.

The address of a push service is what a browser, or whoever says to be one, has told us: it is asked as the address of a
remote picture is, at public addresses only, bounded in time, and no redirect is followed.
"""

import json
import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp import access, guarded_http
from mailapp.notices import encryption, operations
from mailapp.notices.models import PushSubscription
from mailapp.store import queries
from mailapp.store.models import Message
from workmail.accounts import preferences
from workmail.accounts.actor import Actor
from workmail.errors import WorkmailError
from workmail.ui import formats

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
MOST_ATTEMPTS = 7  # about an hour; then it is no news any more
TTL_SECONDS = 12 * 3600
SECONDS_TO_ANSWER = 15.0
MOST_AT_ONCE = 50
_GONE = frozenset({404, 410})
_LONGEST = 200


def send_due(now: datetime | None = None) -> int:
    """Tell whatever is due, and return how many browsers were told."""
    now = now or timezone.now()
    due = PushSubscription.objects.filter(next_attempt_at__lte=now).order_by("next_attempt_at")
    return sum(_claim(pk, now) and _send(pk, now) for pk in list(due.values_list("pk", flat=True)[:MOST_AT_ONCE]))


def _claim(pk: UUID, now: datetime) -> bool:
    """Of two workers one gets it; should that one die, it is due again after the lease."""
    rows = PushSubscription.objects.filter(pk=pk, next_attempt_at__lte=now)
    return bool(rows.update(next_attempt_at=now + LEASE))


def _send(pk: UUID, now: datetime) -> bool:
    row = PushSubscription.objects.select_related("user").filter(pk=pk).first()
    if row is None:
        return False
    notice = _notice(row)
    if notice is None:
        _settle(row, now, is_told=False)
        return False
    target = operations.target_of(row)
    body = encryption.encrypt(json.dumps(notice).encode()[: encryption.LARGEST_PLAINTEXT], target.point, target.auth)
    status = _post(target.endpoint, body)
    if status in _GONE:
        row.delete()  # the browser wants it no more
    elif 200 <= status < 300:
        _settle(row, now, is_told=True)
        return True
    elif status in (0, 429) or status >= 500:
        _defer(row, now)
    else:
        logger.info("A push service refused a notice: %s", status)
        _settle(row, now, is_told=False)
    return False


def _post(endpoint: str, body: bytes) -> int:
    """Return the status of the answer, or 0 when there was none."""
    fields = {
        "Authorization": encryption.authorization(operations.key(), endpoint, _subject(), int(time.time())),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_SECONDS),
        "Urgency": "normal",
        "Topic": "mail",
    }
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    allow_private = settings.PUSH_ALLOW_PRIVATE
    try:
        with guarded_http.ask(endpoint, fields, deadline=deadline, body=body, allow_private=allow_private) as answer:
            return answer.status
    except guarded_http.Refused as reason:
        logger.info("A push service was not reached: %s", reason)
        return 0


def _subject() -> str:
    """Whom a push service may write to (RFC 8292 §2.1): an https address, or one of mail."""
    return settings.PUBLIC_URL if settings.IS_HTTPS else f"mailto:postmaster@{settings.MAIL_HOST_NAME}"


def _settle(row: PushSubscription, now: datetime, *, is_told: bool) -> None:
    """It is over, unless more has come meanwhile: that is told after a pause."""
    told = {"told_at": now} if is_told else {}
    mine = PushSubscription.objects.filter(pk=row.pk)
    nothing = {"waiting": 0, "message_id": None, "attempts": 0, "next_attempt_at": None}
    if not mine.filter(waiting=row.waiting).update(**nothing, **told):
        mine.update(attempts=0, next_attempt_at=now + operations.PAUSE, **told)


def _defer(row: PushSubscription, now: datetime) -> None:
    attempts = row.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        _settle(row, now, is_told=False)
        return
    wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    PushSubscription.objects.filter(pk=row.pk).update(attempts=attempts, next_attempt_at=now + wait)


def _notice(row: PushSubscription) -> dict[str, object] | None:
    """Return what the browser shows, or None when there is nothing to tell any more."""
    user = row.user
    chosen = preferences.of(user)
    if row.message_id is None or not row.waiting or chosen.notify == "off" or not user.is_active:
        return None
    language = chosen.language or user.organization.language or settings.LANGUAGE_CODE
    with translation.override(language):
        said = notice_of(Actor(user), row.message_id, row.waiting)
    return said and {**said, "language": language}


def notice_of(actor: Actor, message_id: int, count: int) -> dict[str, object] | None:
    """Return title, body and address of a notice about the newest of ``count`` messages, in the active language.

    None when it was read or taken away meanwhile.
    """
    title, body = _("New message"), ""
    url = reverse("mail:home")
    try:
        mailbox = access.open_own_mailbox(actor)
        found = Message.objects.filter(pk=message_id, mailbox=mailbox.mailbox, is_seen=False)
        message = found.select_related("folder").first()
        if message is None:
            return None
        [row] = queries.message_rows(mailbox, [message])
        sender = row.summary.from_[0] if row.summary.from_ else None
        name = (sender.display_name or sender.addr_spec) if sender else ""
        subject = row.summary.subject or _("(no subject)")
        title, body = name or title, subject
        url = address_of(message, in_conversations=preferences.of(mailbox.actor.user).conversations)
        if count > 1:
            title = ngettext("{n} new message", "{n} new messages", count).format(n=formats.number(count))
            # Translators: the newest of several messages; {name} is who sent it, {subject} its subject
            body = _("The newest is from {name}: {subject}").format(name=name, subject=subject)
    except WorkmailError:
        logger.info("A notice is sent without words: the mailbox cannot be read now")
    return {"title": title[:_LONGEST], "body": body[:_LONGEST], "url": url}


def address_of(message: Message, *, in_conversations: bool) -> str:
    """Return where the message is opened."""
    if in_conversations:
        return reverse("mail:conversation", args=[message.folder_id, message.thread_id])
    return reverse("mail:message", args=[message.folder_id, message.key])
