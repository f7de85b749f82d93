"""An open mailbox of a person in an organization of their own."""

import pytest

from mailapp.access import OpenMailbox, open_own_mailbox
from workmail.accounts.actor import SYSTEM, Actor
from workmail.directory import services


@pytest.fixture
def mailbox(db: None) -> OpenMailbox:
    _organization, administrator = services.create_organization(
        SYSTEM,
        name="Example",
        alias="example",
        domain="example.test",
        administrator_name="admin",
        administrator_display_name="Administrator",
        password="a long enough secret",
        domain_is_verified=True,
    )
    return open_own_mailbox(Actor(administrator))
