"""What was searched for lately, offered again when the search field is empty.

Kept on the server, sealed under the mailbox's keys, and not in the browser: what somebody looks for would stay on every
shared computer they ever used. Only the newest few are kept, and one button forgets them.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from mailapp.access import OpenMailbox, Right
from mailapp.search import query
from mailapp.search.models import RecentSearch

MOST_RECENT = 10


def remember(mailbox: OpenMailbox, text: str, *, now: datetime | None = None) -> None:
    """Put the query before the others; one that is there already moves up. What asks for nothing is not remembered."""
    mailbox.require(Right.READ)
    text = " ".join(text.encode("utf-8", "replace").decode().split())[: query.LONGEST_QUERY]
    if not query.parse(text):
        return
    digest = mailbox.keys.digest(f"recent search {text.casefold()}")
    values = {"text": mailbox.keys.seal(text.encode(), _context(digest)), "searched_at": now or timezone.now()}
    mine = RecentSearch.objects.filter(mailbox=mailbox.mailbox)
    with transaction.atomic():
        RecentSearch.objects.update_or_create(mailbox=mailbox.mailbox, digest=digest, defaults=values)
        kept = list(mine.order_by("-searched_at").values_list("pk", flat=True)[:MOST_RECENT])
        mine.exclude(pk__in=kept).delete()


def listed(mailbox: OpenMailbox) -> list[str]:
    """Return the queries, the newest first."""
    mailbox.require(Right.READ)
    rows = RecentSearch.objects.filter(mailbox=mailbox.mailbox).order_by("-searched_at")[:MOST_RECENT]
    return [mailbox.keys.unseal(bytes(row.text), _context(bytes(row.digest))).decode() for row in rows]


def forget_all(mailbox: OpenMailbox) -> int:
    """Forget them, and return how many there were."""
    mailbox.require(Right.READ)
    return RecentSearch.objects.filter(mailbox=mailbox.mailbox).delete()[0]


def _context(digest: bytes) -> bytes:
    return b"recent search " + digest
