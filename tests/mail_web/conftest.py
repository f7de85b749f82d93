"""A person with a mailbox, signed in at the pages as a browser is."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import factories


@pytest.fixture
def organization(db: None) -> Any:
    return factories.make_organization("example", domain="example.test")


@pytest.fixture
def alice(organization: Any) -> Any:
    return factories.make_user(organization, "alice")


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """Return a client of that person; ``raise_request_exception`` as Django's."""

    def client_of(user: Any, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def browser_of_alice(sign_in: Callable[..., Client], alice: Any) -> Client:
    return sign_in(alice)
