"""Writing delivery status notifications (RFC 3461, 3464): for people first, in their language. No database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailapp.delivery.deliveries import Addressee
from mailapp.delivery.header_fields import printable
from mailapp.delivery.replies import Reply
from mailapp.mime.model import Person
from mailapp.mime.reports import RecipientReport, delivery_status_notification


class Action(StrEnum):
    """RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    addressee: Addressee
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says; ``action`` is the same for all its recipients."""

    action: Action
    recipients: Sequence[RecipientStatus]
    to: str
    raw: bytes  # the message it is about
    arrived_at: datetime
    host_name: str
    domain: str  # in whose name the report is written
    subject: str = ""  # of the message it is about
    message_id: str = ""
    envid: str = ""
    ret: str = ""
    retry_until: datetime | None = None


def compose(report: Report) -> bytes:
    """Write the report, in the language that is active."""
    retry_until = report.retry_until if report.action is Action.DELAYED else None
    return delivery_status_notification(
        from_=Person(_("Mail delivery"), f"postmaster@{report.domain}"),
        to=report.to,
        subject=_subject(report),
        text=_text(report),
        reporting_mta=report.host_name,
        recipients=[
            RecipientReport(
                addr_spec=status.addressee.original,
                action=report.action,
                status=_status_code(report.action, status.reply),
                diagnostic=_answer(status.reply) if status.reply is not None and status.reply.code else "",
                remote_mta=printable(status.reply.host) if status.reply is not None else "",
                original_recipient=status.addressee.orcpt,
                retry_until=retry_until,
            )
            for status in report.recipients
        ],
        about=report.raw,
        arrived_at=report.arrived_at,
        message_id=report.message_id,
        original_envelope_id=printable(report.envid),
        return_content=report.ret == "FULL" or (not report.ret and report.action is Action.FAILED),
    )


def _subject(report: Report) -> str:
    titles = {
        Action.FAILED: _("Not delivered: %(subject)s"),
        Action.DELAYED: _("Not delivered yet: %(subject)s"),
        Action.DELIVERED: _("Delivered: %(subject)s"),
        Action.RELAYED: _("Passed on: %(subject)s"),
    }
    subject = " ".join(report.subject.split()) or pgettext("message without a subject", "(no subject)")
    return titles[report.action] % {"subject": subject[:200]}


def _text(report: Report) -> str:
    count = len(report.recipients)
    openings = {
        Action.FAILED: ngettext(
            "Your message could not be delivered to this recipient:",
            "Your message could not be delivered to these recipients:",
            count,
        ),
        Action.DELAYED: ngettext(
            "Your message has not been delivered to this recipient yet:",
            "Your message has not been delivered to these recipients yet:",
            count,
        ),
        Action.DELIVERED: ngettext(
            "Your message was delivered to this recipient:",
            "Your message was delivered to these recipients:",
            count,
        ),
        Action.RELAYED: ngettext(
            "Your message was passed on to the mail server of this recipient, which does not report any further:",
            "Your message was passed on to the mail servers of these recipients, which do not report any further:",
            count,
        ),
    }
    lines = [openings[report.action], ""]
    for status in report.recipients:
        lines.append(f"    {status.addressee.original}")
        if report.action in (Action.FAILED, Action.DELAYED) and status.reply is not None:
            lines.append(f"        {explanation(status.reply)}")
            if status.reply.host:
                answer = _("%(host)s answered: %(text)s") % {"host": status.reply.host, "text": _answer(status.reply)}
                lines.append(f"        {answer}")
        lines.append("")
    lines += [_closing(report)]
    return "\n".join(lines).rstrip() + "\n"


def _closing(report: Report) -> str:
    if report.action is Action.DELAYED and report.retry_until is not None:
        until = formats.date_format(timezone.localtime(report.retry_until), "DATETIME_FORMAT")
        return _("You need not do anything: delivery is tried again until %(time)s. You are told if that fails.") % {
            "time": until
        }
    if report.action is Action.FAILED:
        return _("Nobody else is affected. Correct what is named above, if you can, and send the message again.")
    return ""


def explanation(reply: Reply) -> str:
    """Return the reason in a sentence, from the enhanced status code (RFC 3463)."""
    _class, subject, detail = [*reply.enhanced_status_code.split("."), "0", "0"][:3]
    sentences = {
        ("1", "1"): _("This address does not exist."),
        ("1", "2"): _("The domain of this address does not exist."),
        ("1", "10"): _("The domain of this address does not accept mail."),
        ("2", "1"): _("The mailbox is not in use any more."),
        ("2", "2"): _("The mailbox is full."),
        ("3", "4"): _("The message is too big for the recipient's mail server."),
        ("4", "1"): _("The recipient's mail server does not answer."),
        ("4", "2"): _("The connection to the recipient's mail server broke."),
        ("4", "3"): _("The address of the recipient's mail server cannot be found out at the moment."),
        ("4", "4"): _("The recipient's mail server cannot be reached."),
        ("4", "6"): _("The message goes round in circles."),
        ("6", "7"): _("The recipient's mail server cannot take addresses with letters beyond ASCII."),
        ("7", "1"): _("The recipient's mail server, or a rule, does not accept this message."),
        ("7", "5"): _("The connection to the recipient's mail server cannot be secured as its domain demands."),
    }
    general = {
        "1": _("There is something wrong with this address."),
        "2": _("The mailbox does not take the message."),
        "4": _("The recipient's mail server cannot be reached."),
        "7": _("The recipient's mail server, or a rule, does not accept this message."),
    }
    fallback = _("The recipient's mail server does not take the message.")
    return sentences.get((subject, detail)) or general.get(subject) or fallback


def _answer(reply: Reply) -> str:
    code = f"{reply.code} " if reply.code else ""
    return f"{code}{reply.enhanced_status_code} {reply.text}"[:500]


def _status_code(action: Action, reply: Reply | None) -> str:
    if action in (Action.DELIVERED, Action.RELAYED):
        return "2.0.0"
    code = reply.enhanced_status_code if reply is not None else "0.0"
    rest = code.partition(".")[2] or "0.0"
    return f"{'5' if action is Action.FAILED else '4'}.{rest}"
