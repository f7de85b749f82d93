"""Telling the sender how it ended, where that is safe: never about a report, never to somebody who did not send it."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from mailapp.delivery import deliveries as recipients
from mailapp.delivery import header_fields, intake, reports
from mailapp.delivery.deliveries import addressee_of, reply_of
from mailapp.delivery.envelope import Notify, Recipient
from mailapp.delivery.models import Delivery
from mailapp.delivery.replies import Reply
from mailapp.delivery.reports import Action, RecipientStatus, Report
from mailapp.delivery.transits import OpenTransit
from mailapp.mime.model import InvalidField
from mailapp.mime.parse import parse
from workmail.directory import addresses
from workmail.directory.models import Domain, User

if TYPE_CHECKING:
    from mailapp.delivery.verdicts import Verdict

logger = logging.getLogger(__name__)


def report(transit: OpenTransit) -> None:
    """Send the reports that are due for this transit. Sent once: the mark goes in the transaction that writes them."""
    due = list(Delivery.objects.filter(transit_id=transit.id, report_due=True).order_by("id"))
    for action in (Action.FAILED, Action.DELIVERED, Action.RELAYED):
        found = [delivery for delivery in due if _action(delivery) is action]
        if found:
            _send(transit, action, found, {"report_due": True}, {"report_due": False})


def report_delays(limit: int = 100) -> None:
    """Tell senders about recipients that have been tried for hours without success, once."""
    since = timezone.now() - settings.OUTBOUND_DELAY_NOTICE_AFTER
    late = Delivery.objects.filter(
        kind=Delivery.Kind.REMOTE,
        state=Delivery.State.DEFERRED,
        first_tried_at__lt=since,
        delay_notified_at__isnull=True,
        transit__is_held=False,
    )
    for transit_id in list(dict.fromkeys(late.values_list("transit_id", flat=True)[:limit])):
        _report_delays_of(transit_id, list(late.filter(transit_id=transit_id).order_by("id")))


def report_forgotten(limit: int = 100) -> None:
    """Send reports that a crash left behind."""
    due = Delivery.objects.filter(report_due=True, finished_at__lt=timezone.now() - timedelta(seconds=30))
    for transit_id in list(dict.fromkeys(due.values_list("transit_id", flat=True)[:limit])):
        report(OpenTransit.load(transit_id))


def refuse_all(transit: OpenTransit, verdict: "Verdict") -> None:
    """Fail every recipient of a transit that a stage has refused after acceptance."""
    reply = Reply(verdict.enhanced_status_code, verdict.text)
    for delivery in Delivery.objects.filter(transit_id=transit.id, state__in=Delivery.OPEN):
        recipients.fail(delivery, reply)


def _report_delays_of(transit_id: UUID, found: list[Delivery]) -> None:
    now = timezone.now()
    _send(
        OpenTransit.load(transit_id),
        Action.DELAYED,
        found,
        {"delay_notified_at": None},
        {"delay_notified_at": now},
    )


def _send(
    transit: OpenTransit, action: Action, found: list[Delivery], before: dict[str, object], after: dict[str, object]
) -> None:
    statuses = [RecipientStatus(addressee_of(delivery), reply_of(delivery)) for delivery in found]
    statuses = [status for status in statuses if status.addressee.wants(_notify(action))]
    prepared = None
    if statuses and _may_be_told(transit):
        raw = _try_to_compose(transit, action, statuses, found)
        if raw is not None:
            sender = Recipient(transit.envelope.reverse_path, (Notify.NEVER.value,))
            prepared = intake.originate(transit.row.organization_id, raw, [sender])
    with transaction.atomic():
        keys = [delivery.pk for delivery in found]
        marked = Delivery.objects.filter(pk__in=keys, **before).update(**after)
        if marked and prepared is not None:
            intake.save_originated(*prepared)
    if not marked and prepared is not None:
        intake.discard(prepared[0])


def _try_to_compose(
    transit: OpenTransit, action: Action, statuses: list[RecipientStatus], found: list[Delivery]
) -> bytes | None:
    try:
        return _compose(transit, action, statuses, found)
    except InvalidField:  # a value that no header may carry: better no report than a message that waits for ever
        logger.exception("A report about transit %s cannot be written", transit.id)
        return None


def _compose(
    transit: OpenTransit, action: Action, statuses: list[RecipientStatus], found: list[Delivery]
) -> bytes | None:
    domain = Domain.objects.filter(organization_id=transit.row.organization_id, is_verified=True)
    own_domain = domain.order_by("-is_default").values_list("name", flat=True).first()
    if own_domain is None:
        return None
    raw = transit.raw if transit.row.content is not None else b""
    parsed = parse(raw)
    first_tried = min((d.first_tried_at for d in found if d.first_tried_at), default=transit.row.created_at)
    with translation.override(_language(transit)):
        return reports.compose(
            Report(
                action=action,
                recipients=statuses,
                to=transit.envelope.reverse_path,
                raw=raw,
                arrived_at=transit.envelope.received,
                host_name=settings.MAIL_HOST_NAME,
                domain=own_domain,
                subject=parsed.subject,
                message_id=parsed.message_id,
                envid=transit.envelope.envid,
                ret=transit.envelope.ret,
                retry_until=first_tried + settings.OUTBOUND_GIVE_UP_AFTER,
            )
        )


def _may_be_told(transit: OpenTransit) -> bool:
    """Tell whether a report reaches the one who sent this, and not a stranger whose address was misused."""
    envelope = transit.envelope
    if envelope.is_from_nobody:
        return False
    if transit.row.content is not None and _is_automatic(transit.raw):
        return False
    if envelope.user_id or envelope.user_domains:
        return True
    authentication = transit.results.authentication
    if authentication is None:
        return False
    if authentication.passed("spf") and (spf := authentication.of("spf")) is not None and spf.property("smtp.mailfrom"):
        return True
    dmarc = authentication.of("dmarc")
    domain = addresses.fold_domain(envelope.reverse_path.rpartition("@")[2])
    return dmarc is not None and dmarc.result == "pass" and dmarc.property("header.from") == domain


def _is_automatic(raw: bytes) -> bool:
    """Tell whether nobody waits for an answer to this (RFC 3834 §2): replies to reports are how loops begin."""
    keywords = [body.partition(";")[0].strip().lower() for body in header_fields.bodies(raw, "auto-submitted")]
    return any(keyword not in ("", "no") for keyword in keywords)


def _language(transit: OpenTransit) -> str:
    resolved = addresses.resolve(transit.envelope.reverse_path)
    user = User.objects.filter(pk=resolved.entity.pk).first() if resolved is not None else None
    if user is not None and user.preferences.get("language"):
        return str(user.preferences["language"])
    return transit.row.organization.language


def _action(delivery: Delivery) -> Action:
    if delivery.state == Delivery.State.FAILED:
        return Action.FAILED
    return Action.RELAYED if delivery.kind == Delivery.Kind.REMOTE else Action.DELIVERED


def _notify(action: Action) -> Notify:
    return {Action.FAILED: Notify.FAILURE, Action.DELAYED: Notify.DELAY}.get(action, Notify.SUCCESS)
