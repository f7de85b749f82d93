"""Telling administrators of an attempt to deceive, in the name of the person who noticed it."""

from collections.abc import Collection

from mailapp.access import OpenFolder
from mailapp.store import summaries
from workmail.audit import log as audit

KEYWORD = "$Phishing"
_MOST_NAMED = 20


def report(folder: OpenFolder, uids: Collection[int]) -> None:
    """Note the messages in the organization's audit log, inside the caller's transaction.

    Who is said to have sent them, and whether that was true, is what others must be warned of; what they say stays
    sealed.
    """
    found = folder.messages.filter(uid__in=list(uids)[:_MOST_NAMED]).only(
        "key", "summary", "content_id", "internal_date"
    )
    for message in found:
        summary = summaries.unseal(folder.keys, message)
        audit.record(
            folder.mailbox.actor,
            "message.report_phishing",
            message.key,
            organization_id=folder.mailbox.mailbox.organization_id,
            sender=summary.from_[0].addr_spec[:320] if summary.from_ else "",
            dmarc=summary.authentication.get("dmarc", ""),
            received=message.internal_date.isoformat(),
        )
