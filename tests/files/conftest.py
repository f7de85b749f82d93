"""Somebody with a mailbox, and files of theirs."""

from collections.abc import Callable

import pytest
from django.test import Client

from mailapp.access import OpenMailbox
from mailapp.files import storing
from mailapp.files.models import File
from tests import factories
from workmail.directory.models import Organization, User


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.make_organization("example", domain="example.test")


@pytest.fixture
def alice(organization: Organization) -> User:
    return factories.make_user(organization, "alice", display_name="Alice Martin")


@pytest.fixture
def mailbox(alice: User) -> OpenMailbox:
    return factories.open_mailbox(alice)


@pytest.fixture
def keep(mailbox: OpenMailbox) -> Callable[..., File]:
    """Keep a file; the mailbox is looked at anew, as a request does."""

    def do(octets: bytes = b"the film", name: str = "film.mp4", **named: object) -> File:
        file = storing.receive(mailbox, name, storing.in_pieces(octets), len(octets), **named)
        return storing.find(mailbox, file.pk)

    return do


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client
