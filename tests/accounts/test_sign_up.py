"""Signing up an organization on the web."""

import pytest

from tests import factories
from tests.services.environment import PASSWORD
from workmail.accounts.lockout import SIGN_UP
from workmail.accounts.models import FailureCount
from workmail.audit.models import AuditEntry
from workmail.directory.models import Organization, User

SIGN_UP_PAGE = "/sign-up/"
FORM = {
    "name": "Fernhill",
    "alias": "fernhill",
    "domain": "fernhill.test",
    "administrator_display_name": "Nora Lindqvist",
    "administrator_name": "nora",
    "password": PASSWORD,
    "language": "fr",
}


def test_it_makes_everything_and_ends_signed_in_on_the_welcome_page(client, db):
    response = client.post(SIGN_UP_PAGE, FORM, REMOTE_ADDR="192.0.2.5")
    assert (response.status_code, response["Location"]) == (302, "/welcome/")
    organization = Organization.objects.get(alias="fernhill")
    nora = User.objects.get(organization=organization)
    assert (nora.addr_spec, nora.role, nora.is_enabled, nora.is_operator) == (
        "nora@fernhill.test",
        "administrator",
        True,
        False,
    )
    assert organization.language == "fr"
    assert organization.key.state == "enabled"
    assert nora.mailbox.folders.count() == 6
    page = client.get("/welcome/")
    assert page["Content-Language"] == "fr"
    assert "/o/fernhill/sign-in/" in page.content.decode()
    entry = AuditEntry.objects.get(action="organization.create")
    assert (entry.organization_id, entry.client_address) == (organization.pk, "192.0.2.5")


def test_the_domain_counts_as_verified_unless_the_installation_wants_proof(client, db, settings):
    client.post(SIGN_UP_PAGE, FORM)
    assert Organization.objects.get(alias="fernhill").domains.get().is_verified
    settings.DOMAINS_NEED_PROOF = True
    client.logout()
    client.post(SIGN_UP_PAGE, FORM | {"alias": "other", "domain": "other.test"})
    domain = Organization.objects.get(alias="other").domains.get()
    assert not domain.is_verified
    assert domain.verification_token in client.get(f"/admin/domains/{domain.pk}/").content.decode()


@pytest.mark.parametrize(
    "change, field",
    [
        ({"name": ""}, "name"),
        ({"alias": "fern--hill!"}, None),
        ({"alias": "d-1"}, "alias"),
        ({"alias": "Ж"}, "alias"),
        ({"alias": "taken"}, "alias"),
        ({"domain": "taken.test"}, "domain"),
        ({"domain": "TAKEN.test."}, "domain"),
        ({"domain": "nodot"}, "domain"),
        ({"domain": "spa ce.test"}, "domain"),
        ({"domain": "-a.test"}, "domain"),
        ({"domain": "x@y.test"}, "domain"),
        ({"administrator_name": "a b"}, "administrator_name"),
        ({"administrator_name": "a@b"}, "administrator_name"),
        ({"administrator_name": ".a"}, "administrator_name"),
        ({"administrator_name": "a\r\nBcc: x"}, "administrator_name"),
        ({"administrator_display_name": "a\u202eb"}, "administrator_display_name"),
        ({"administrator_display_name": "   "}, "administrator_display_name"),
        ({"password": "short"}, "password"),
        ({"password": "12345678901"}, "password"),
        ({"language": "xx"}, "language"),
        ({"name": "a\0b"}, "name"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field_and_nothing_is_made(client, db, change, field):
    factories.make_organization("taken", domain="taken.test")
    response = client.post(SIGN_UP_PAGE, FORM | change)
    if field is None:
        assert response.status_code == 302
        return
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert Organization.objects.count() == 1
    assert User.objects.count() == 1
    assert PASSWORD not in response.content.decode()


def test_a_domain_in_another_script_is_kept_as_a_labels(client, db):
    client.post(SIGN_UP_PAGE, FORM | {"domain": "пример.example"})
    assert Organization.objects.get().domains.get().name == "xn--e1afmkfd.example"
    assert User.objects.get().addr_spec == "nora@xn--e1afmkfd.example"


def test_it_can_be_closed(client, db, settings):
    settings.SIGN_UP_OPEN = False
    assert "Sign-up is closed" in client.get(SIGN_UP_PAGE).content.decode()
    assert client.post(SIGN_UP_PAGE, FORM).status_code == 403
    assert not Organization.objects.exists()
    assert SIGN_UP_PAGE not in client.get("/sign-in/").content.decode()


def test_one_network_signs_up_only_so_many(client, db):
    FailureCount.objects.create(scope="sign_up", key="192.0.2.0", failures=0)
    for _number in range(SIGN_UP.free):
        response = client.post(SIGN_UP_PAGE, FORM | {"alias": "d-1"}, REMOTE_ADDR="192.0.2.0")
        assert response.status_code == 422
    response = client.post(SIGN_UP_PAGE, FORM, REMOTE_ADDR="192.0.2.0")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert client.post(SIGN_UP_PAGE, FORM, REMOTE_ADDR="192.0.2.77").status_code == 302


def test_whoever_is_signed_in_is_not_asked(browser_of_alice):
    assert browser_of_alice.get(SIGN_UP_PAGE)["Location"] == "/"


def test_it_needs_a_token(db):
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post(SIGN_UP_PAGE, FORM).status_code == 403
