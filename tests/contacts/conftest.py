"""A person with an address book."""

from typing import Any

import pytest

from mailapp.contacts import address_list, book
from mailapp.contacts.vcards import Card, read_one
from tests import factories


@pytest.fixture(autouse=True)
def _fresh_lists():
    address_list._lists.clear()
    book._kept.clear()


@pytest.fixture
def organization(db: None) -> Any:
    return factories.make_organization("example", domain="example.test")


@pytest.fixture
def alice(organization: Any) -> Any:
    return factories.make_user(organization, "alice")


@pytest.fixture
def bob(organization: Any) -> Any:
    return factories.make_user(organization, "bob")


@pytest.fixture
def open_book(alice: Any) -> Any:
    """Open Alice's book anew, as each request does."""
    return lambda user=alice: book.open_book(factories.open_mailbox(user))


def make_card(name: str = "", *lines: str) -> Card:
    """Return a card with that name and these lines."""
    return read_one("\n".join(["BEGIN:VCARD", "VERSION:4.0", *([f"FN:{name}"] if name else []), *lines, "END:VCARD"]))
