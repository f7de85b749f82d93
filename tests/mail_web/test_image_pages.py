"""The addresses of remote images are good for one mailbox only, and what comes back is an image or nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from mailapp.web import image_pages
from tests import factories
from tests.mail_web.test_remote_images import PNG, SVG, Stranger

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger(settings: Any) -> Iterator[Stranger]:
    settings.REMOTE_IMAGES_ALLOW_PRIVATE = True
    server = Stranger()
    yield server
    server.close()


def test_a_signed_address_brings_the_image_with_a_policy_of_its_own(
    alice: Any, browser_of_alice: Client, stranger: Stranger
) -> None:
    stranger.serves("/image.png", PNG, Set_Cookie="track=1")
    response = browser_of_alice.get(image_pages.address_of(factories.open_mailbox(alice), stranger.url()))
    assert (response.content, response["Content-Type"]) == (PNG, "image/png")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "track" not in response.cookies


def test_an_address_that_was_changed_or_made_up_is_not_found(
    alice: Any, browser_of_alice: Client, stranger: Stranger
) -> None:
    stranger.serves("/image.png", PNG)
    address = image_pages.address_of(factories.open_mailbox(alice), stranger.url())
    for changed in (
        address.replace("image.png", "other.png"),
        address[:-3] + "abc",
        "/mail/image/?url=http://127.0.0.1/",
    ):
        assert browser_of_alice.get(changed).status_code == 404
    assert not stranger.requests


def test_somebody_elses_address_is_not_found(organization: Any, alice: Any, sign_in: Any, stranger: Stranger) -> None:
    stranger.serves("/image.png", PNG)
    address = image_pages.address_of(factories.open_mailbox(alice), stranger.url())
    assert sign_in(factories.make_user(organization, "bob")).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert not stranger.requests


def test_what_is_no_image_is_an_empty_answer(alice: Any, browser_of_alice: Client, stranger: Stranger) -> None:
    stranger.serves("/image.png", SVG, Content_Type="image/svg+xml")
    response = browser_of_alice.get(image_pages.address_of(factories.open_mailbox(alice), stranger.url()))
    assert (response.status_code, response.content) == (404, b"")


def test_private_addresses_are_refused_unless_the_installation_allows_them(
    alice: Any, browser_of_alice: Client, stranger: Stranger, settings: Any
) -> None:
    settings.REMOTE_IMAGES_ALLOW_PRIVATE = False
    stranger.serves("/image.png", PNG)
    response = browser_of_alice.get(image_pages.address_of(factories.open_mailbox(alice), stranger.url()))
    assert response.status_code == 404
    assert not stranger.requests
