"""Leaving a list, and remembering that one did."""

import re
from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox, Right
from mailapp.composing import building
from mailapp.delivery import intake
from mailapp.delivery.intake import Submitted
from mailapp.mime import compose, list_headers
from mailapp.mime.list_headers import Way
from mailapp.mime.model import InvalidField, Person
from mailapp.mime.parse import header_fields
from mailapp.mime.render import MessageView
from mailapp.store import queries
from mailapp.store.models import Folder, Message
from mailapp.store.summaries import Summary
from mailapp.unsubscribing import announcing
from mailapp.unsubscribing.models import Unsubscription
from workmail.audit import log as audit
from workmail.directory.addresses import fold
from workmail.errors import Invalid

_PASSED = re.compile(r"\bdkim\s*=\s*pass\b.*?\bheader\.d\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE | re.DOTALL)
_NOT_FROM = (Folder.Role.SENT, Folder.Role.SCHEDULED, Folder.Role.DRAFTS, Folder.Role.JUNK)


def offered(view: MessageView, summary: Summary, message: Message) -> Way | None:
    """Return the best way to leave the list of a message, as far as that is known without reading it; None: no list.

    Nothing is offered in junk, or for a sender who is not who they say: whoever answers such mail gets more of it.
    """
    codes = summary.authentication
    if not view.list_unsubscribe or message.folder.role in _NOT_FROM or codes.get("dmarc") == "fail":
        return None
    one_click = view.list_unsubscribe_one_click and bool(view.unsubscribe_signers) and codes.get("dkim") == "pass"
    ways = list_headers.ways(view.list_unsubscribe, one_click=one_click, schemes=_schemes())
    return ways[0] if ways else None


def name_of(view: MessageView) -> str:
    """Return what names the list for the reader: the sender, as it stands above the message."""
    author = view.from_[0] if view.from_ else Person("", "")
    return author.display_name or author.addr_spec or view.list_id


def unsubscribe(mailbox: OpenMailbox, message: Message, summary: Summary) -> Way:
    """Leave the list in the name of the mailbox's owner: at once by mail, or in the background by one click.

    Returns:
        What was done. A second call while the first is on its way changes nothing.

    Raises:
        Forbidden: The actor may not act for this mailbox.
        Invalid: There is no such way; the sender's page may be one.
    """
    mailbox.require(Right.READ, Right.WRITE)
    view = queries.view(mailbox, message)
    way = offered(view, summary, message)
    if way is not None and way.kind == "one-click" and not _is_signed(mailbox, message, view):
        ways = list_headers.ways(view.list_unsubscribe, one_click=False)
        way = ways[0] if ways else None
    if way is None or way.kind == "page":
        raise Invalid(_("This list cannot be left from here. Use the page of the sender."))
    digest = list_digest(mailbox, view)
    if way.kind == "mail":
        _write(mailbox, message, way, partial(_remember, mailbox, digest, way))
    else:
        with transaction.atomic():
            _remember(mailbox, digest, way)
    return way


def among(mailbox: OpenMailbox, views: Iterable[MessageView]) -> dict[bytes, Unsubscription]:
    """Return what is remembered of the lists of these messages, by digest: one statement, none without lists."""
    mailbox.require(Right.READ)
    digests = {list_digest(mailbox, view) for view in views if view.list_unsubscribe}
    if not digests:
        return {}
    rows = Unsubscription.objects.filter(mailbox=mailbox.mailbox, list_digest__in=list(digests))
    return {bytes(row.list_digest): row for row in rows}


def list_digest(mailbox: OpenMailbox, view: MessageView) -> bytes:
    """Return what stands for a list: its identifier, else its sender's address."""
    author = view.from_[0].addr_spec if view.from_ else ""
    return mailbox.keys.digest(f"mailing list {view.list_id or fold(author)}")


def context_of(row: Unsubscription) -> bytes:
    return b"unsubscription " + row.pk.bytes


def _remember(mailbox: OpenMailbox, digest: bytes, way: Way, _submitted: Submitted | None = None) -> None:
    """Write the intention inside the caller's transaction."""
    now = timezone.now()
    rows = Unsubscription.objects.select_for_update()
    row = rows.filter(mailbox=mailbox.mailbox, list_digest=digest).first() or Unsubscription(
        mailbox=mailbox.mailbox, list_digest=digest
    )
    if row.state == Unsubscription.State.WAITING:
        return
    is_waiting = way.kind == "one-click"
    row.state = Unsubscription.State.WAITING if is_waiting else Unsubscription.State.DONE
    row.target = mailbox.keys.seal(way.target.encode(), context_of(row)) if is_waiting else b""
    row.requested_at, row.attempts = now, 0
    row.next_attempt_at = now if is_waiting else None
    row.save()
    audit.record(mailbox.actor, "list.unsubscribe", mailbox.mailbox.pk, way=way.kind)
    if is_waiting:
        row_id = row.pk
        transaction.on_commit(lambda: announcing.announce(row_id), robust=True)


def _is_signed(mailbox: OpenMailbox, message: Message, view: MessageView) -> bool:
    """Say whether a signature that was found valid at delivery covers both fields (RFC 8058 §4)."""
    ours = settings.MAIL_HOST_NAME.lower()
    passed: set[str] = set()
    for name, body in header_fields(queries.raw(mailbox, message)):
        if name.lower() != "authentication-results":
            continue
        head, _, found = body.partition(";")
        if head.split()[:1] and head.split()[0].lower() == ours:  # others' results were taken out at intake
            passed |= {each.group(1).lower() for part in found.split(";") if (each := _PASSED.search(part))}
    return bool(passed.intersection(view.unsubscribe_signers))


def _write(mailbox: OpenMailbox, message: Message, way: Way, within: partial) -> None:
    """Send the mail that the list asks for, from the address it knows. Without a copy in Sent: a program reads it."""
    author = _author(mailbox, message)
    outgoing = compose.Outgoing(
        from_=author,
        to=(Person("", way.target),),
        subject=way.subject or "unsubscribe",
        text=way.text or "unsubscribe\n",
    )
    try:
        raw = compose.compose(outgoing)
    except InvalidField as error:
        raise Invalid(_("This list cannot be left from here. Use the page of the sender.")) from error
    intake.submit(mailbox, raw, [way.target], reverse_path=author.addr_spec, within=within)


def _author(mailbox: OpenMailbox, message: Message) -> Person:
    """Return the own address that the list writes to: of the delivery, else of the header, else the primary one."""
    own = building.own_people(mailbox)
    if not own:
        raise Invalid(_("You have no address to send from. Ask your administrator for one."))
    by_address = {fold(person.addr_spec): person for person in own}
    fields = header_fields(queries.raw(mailbox, message))
    delivered = [body.strip() for name, body in fields if name.lower() == "delivered-to"]
    view = queries.view(mailbox, message)
    named = [*delivered[:1], *(person.addr_spec for person in (*view.to, *view.cc))]
    return next((by_address[fold(each)] for each in named if fold(each) in by_address), own[0])


def _schemes() -> tuple[str, ...]:
    return ("https", "http") if settings.REMOTE_IMAGES_ALLOW_PRIVATE else ("https",)
