"""Whether somebody has written before: one question to the index, for which no message is read."""

from mailapp.access import OpenMailbox, Right
from mailapp.search import index
from mailapp.search.index import Span
from mailapp.search.terms import AnyOf
from mailapp.search.words import address
from mailapp.store.models import Message


def has_mail_from(mailbox: OpenMailbox, addr_spec: str, before: Message) -> bool:
    """Tell whether an older message of this mailbox is from the address, as far as the index knows: one statement."""
    mailbox.require(Right.READ)
    whole = address(addr_spec).also
    if not whole:
        return False
    wanted = AnyOf(frozenset((f"f:{whole[0]}",)))
    return bool(index.current().matching(mailbox.keys, wanted, (), Span(high=before.search_id), 1))
