"""Addresses of searches, and the saved ones as links for the side pane."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from mailapp.access import OpenMailbox
from mailapp.search import query, saved
from mailapp.search.tree import Tree


@dataclass(frozen=True, slots=True)
class SavedLink:
    """A saved search in the side pane."""

    id: UUID
    name: str
    text: str
    url: str
    is_current: bool


def address_of(text: str) -> str:
    """Return the address of the results of a query."""
    return f"{reverse('mail:search')}?{urlencode({'q': text})}"


def saved_links(mailbox: OpenMailbox, shown: Tree | None = None) -> list[SavedLink]:
    """Return the saved searches by name: one statement. The current one asks for what is ``shown``, however written."""
    links: list[SavedLink] = []
    for kept in saved.listed(mailbox):
        is_current = shown is not None and query.parse(kept.text).tree == shown
        is_first = is_current and not any(link.is_current for link in links)
        links.append(SavedLink(kept.id, kept.name, kept.text, address_of(kept.text), is_first))
    return links
