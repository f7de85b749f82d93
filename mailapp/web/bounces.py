"""What a report of non-delivery says, in words (RFC 3464, enhanced status codes of RFC 3463)."""

from django.utils.translation import gettext as _

from mailapp.mime.addresses import is_valid_addr_spec
from mailapp.mime.reports import RecipientReport

_LONGEST = 320


def sentence(report: RecipientReport) -> str:
    """Say what became of the message to one recipient, named as the sender wrote the address where that is known."""
    original = report.original_recipient.rpartition(";")[2].strip()
    recipient = (original if is_valid_addr_spec(original) else report.addr_spec)[:_LONGEST]
    action = report.action
    kind, subject, detail = report.status.split(".") if report.status else ("", "", "")
    values = {"recipient": recipient}
    if action == "delayed" or (kind == "4" and action != "failed"):
        return _("The message to %(recipient)s is late. It will be tried again; you need not do anything.") % values
    if action in ("delivered", "relayed", "expanded"):
        return _("The message to %(recipient)s was delivered.") % values
    if (subject, detail) in (("1", "1"), ("1", "6"), ("1", "10")):
        return (
            _(
                "The message to %(recipient)s was not delivered: the address does not exist. Check the spelling and "
                "send again."
            )
            % values
        )
    if (subject, detail) in (("1", "2"), ("4", "4")):
        return (
            _(
                "The message to %(recipient)s was not delivered: its domain does not exist or takes no mail. Check the "
                "spelling and send again."
            )
            % values
        )
    if subject == "2" and detail == "1":
        return _("The message to %(recipient)s was not delivered: the mailbox is closed.") % values
    if subject == "2" and detail == "2":
        return _("The message to %(recipient)s was not delivered: the mailbox is full. Try again later.") % values
    if (subject, detail) in (("2", "3"), ("3", "4")):
        return (
            _("The message to %(recipient)s was not delivered: it is too large. Send it with smaller files.") % values
        )
    if subject == "7":
        return (
            _(
                "The message to %(recipient)s was refused by the other side’s rules. Ask the recipient how to reach "
                "them."
            )
            % values
        )
    if subject == "4":
        return _("The message to %(recipient)s was not delivered: the other side could not be reached.") % values
    return _("The message to %(recipient)s was not delivered.") % values
