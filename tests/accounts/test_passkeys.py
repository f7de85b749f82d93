"""Passkeys: set up, sign in alone and as the second factor, removed; and everything that must not open an account."""

import pytest
from django.core.cache import cache
from django.test import Client
from django_otp_webauthn.models import WebAuthnCredential

from tests import factories
from tests.accounts.conftest import code_of
from tests.accounts.passkey_device import Device
from tests.services.environment import PASSWORD
from workmail.accounts import second_factor
from workmail.accounts.models import RecoveryCode
from workmail.audit.models import AuditEntry
from workmail.directory import services

pytestmark = pytest.mark.django_db

JSON = {"HTTP_ACCEPT": "application/json"}
NEW, FINISH = "/settings/passkeys/new/", "/settings/passkeys/new/finish/"
BEGIN, SIGN_IN = "/sign-in/passkey/begin/", "/sign-in/passkey/"
BEGIN_STEP, STEP = "/sign-in/code/passkey/begin/", "/sign-in/code/passkey/"


def set_up(client: Client, device: Device, name: str = "My phone"):
    asked = client.post(NEW, {"name": name, "current_password": PASSWORD}, **JSON).json()
    return client.post(FINISH, {"ticket": asked["ticket"], "credential": device.create(asked["options"])})


def answer(client: Client, device: Device, begin: str = BEGIN) -> dict[str, str]:
    asked = client.post(begin).json()
    return {"ticket": asked["ticket"], "credential": device.get(asked["options"])}


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def with_password(address: str = "alice@fernhill.test") -> Client:
    client = Client()
    client.post("/sign-in/", {"login": address, "password": PASSWORD})
    return client


@pytest.fixture
def device(browser_of_alice: Client) -> Device:
    device = Device()
    assert set_up(browser_of_alice, device).status_code == 200
    return device


def test_the_first_passkey_brings_recovery_codes_and_the_second_none(browser_of_alice: Client, alice):
    page = set_up(browser_of_alice, Device()).content.decode()
    assert page.count("<li><code>") == 10
    assert second_factor.is_on(alice)
    response = set_up(browser_of_alice, Device(), "Security key")
    assert response["Location"] == "/settings/#security"
    page = browser_of_alice.get("/settings/").content.decode()
    assert "My phone" in page
    assert "Security key" in page
    assert AuditEntry.objects.filter(action="passkey.add", actor=alice).count() == 2


def test_a_passkey_alone_signs_in(device: Device, alice):
    client = Client()
    response = client.post(SIGN_IN, answer(client, device) | {"next": "/settings/", "remember": "on"})
    assert response["Location"] == "/settings/"
    assert is_signed_in(client)
    assert client.session.get_expire_at_browser_close() is False
    assert AuditEntry.objects.filter(action="sign_in.passkey", succeeded=True, target=alice.addr_spec).exists()
    assert WebAuthnCredential.objects.get().last_used_at


def test_it_leads_to_no_other_site(device: Device):
    client = Client()
    response = client.post(SIGN_IN, answer(client, device) | {"next": "https://evil.example/"})
    assert response["Location"] == "/"
    assert client.session.get_expire_at_browser_close() is True


def test_the_password_signs_in_as_before_and_then_asks_for_the_passkey(device: Device):
    client = with_password()
    assert not is_signed_in(client)
    page = client.get("/sign-in/code/").content.decode()
    assert "Use your passkey" in page
    assert "authenticator app" not in page
    client.post(STEP, answer(client, device, BEGIN_STEP))
    assert is_signed_in(client)


def test_as_second_factor_presence_is_enough_but_alone_it_is_not(device: Device):
    device.verifies = False
    alone = Client()
    assert alone.post(SIGN_IN, answer(alone, device)).status_code == 422
    assert not is_signed_in(alone)
    client = with_password()
    client.post(STEP, answer(client, device, BEGIN_STEP))
    assert is_signed_in(client)


def test_app_code_and_passkey_go_side_by_side(recovery_codes, browser_of_alice: Client, alice):
    device = Device()
    assert set_up(browser_of_alice, device)["Location"] == "/settings/#security"
    page = with_password().get("/sign-in/code/").content.decode()
    assert "Enter your code" in page
    assert "Use a passkey" in page
    client = with_password()
    client.post(STEP, answer(client, device, BEGIN_STEP))
    assert is_signed_in(client)
    client = with_password()
    client.post("/sign-in/code/", {"code": recovery_codes[0]})
    assert is_signed_in(client)
    client = with_password()
    client.post("/sign-in/code/", {"code": code_of(alice, steps=1)})
    assert is_signed_in(client)


def test_an_answer_is_good_once_and_for_its_own_question(device: Device):
    client = Client()
    once = answer(client, device)
    assert client.post(SIGN_IN, once).status_code == 302
    thief = Client()
    assert thief.post(SIGN_IN, once).status_code == 422
    other = thief.post(BEGIN).json()["ticket"]
    assert thief.post(SIGN_IN, {"ticket": other, "credential": once["credential"]}).status_code == 422
    late = answer(thief, device)
    cache.clear()
    assert thief.post(SIGN_IN, late).status_code == 422
    assert not is_signed_in(thief)


@pytest.mark.parametrize("origin", ["http://evil.example", "https://testserver", "http://testserver:8000"])
def test_an_answer_to_another_site_is_refused(device: Device, origin: str):
    device.origin = origin
    client = Client()
    assert client.post(SIGN_IN, answer(client, device)).status_code == 422
    assert not is_signed_in(client)


@pytest.mark.parametrize("wrong", ["", "{}", "[]", "null", '{"id": 1}', "x" * 200_000, '{"rawId": "\\u0000"}'])
def test_nonsense_is_refused_with_the_same_words(device: Device, wrong: str):
    client = Client()
    ticket = client.post(BEGIN).json()["ticket"]
    unknown = client.post(SIGN_IN, answer(client, Device())).content.decode()
    nonsense = client.post(SIGN_IN, {"ticket": ticket, "credential": wrong})
    assert nonsense.status_code == 422
    sentence = "This passkey does not open an account here."
    assert sentence in unknown
    assert sentence in nonsense.content.decode()


def test_a_cloned_device_is_noticed(device: Device):
    client = Client()
    device.counter = 10
    assert client.post(SIGN_IN, answer(client, device)).status_code == 302
    device.counter = 3
    clone = Client()
    assert clone.post(SIGN_IN, answer(clone, device)).status_code == 422


def test_somebody_disabled_is_refused_like_a_stranger(device: Device, alice, organization):
    services.disable(factories.actor_for(factories.administrator_of(organization)), alice)
    client = Client()
    response = client.post(SIGN_IN, answer(client, device))
    assert response.status_code == 422
    assert "This passkey does not open an account here." in response.content.decode()


def test_the_passkey_of_somebody_else_is_no_second_factor(device: Device, organization):
    bob = factories.make_user(organization, "bob")
    his = Client()
    his.force_login(bob)
    his_device = Device()
    set_up(his, his_device)
    client = with_password("bob@fernhill.test")
    asked = client.post(BEGIN_STEP).json()
    assert len(asked["options"]["allowCredentials"]) == 1
    assert client.post(STEP, {"ticket": asked["ticket"], "credential": device.get(asked["options"])}).status_code == 422
    assert not is_signed_in(client)


def test_without_the_password_there_is_no_second_step(device: Device):
    client = Client()
    assert client.post(BEGIN_STEP).status_code == 302
    assert client.post(STEP, {}).status_code == 302


def test_failures_close_the_door_for_their_network(device: Device):
    client = Client()
    for _ in range(40):
        client.post(SIGN_IN, {"ticket": "none", "credential": "{}"})
    response = client.post(SIGN_IN, answer(client, device))
    assert response.status_code == 429
    assert not is_signed_in(client)
    elsewhere = answer(client, device)
    assert client.post(SIGN_IN, elsewhere, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_setting_up_asks_for_the_password(browser_of_alice: Client):
    refused = browser_of_alice.post(NEW, {"name": "Phone", "current_password": "wrong"}, **JSON)
    assert refused.status_code == 422
    assert refused.json()["field"] == "current_password"
    assert browser_of_alice.post(NEW, {"name": "", "current_password": PASSWORD}, **JSON).json()["field"] == "name"
    page = browser_of_alice.post(FINISH, {"ticket": "x", "credential": "{}"})
    assert page.status_code == 422
    assert "could not be set up" in page.content.decode()
    assert not WebAuthnCredential.objects.exists()


def test_the_ticket_of_somebody_else_sets_nothing_up(browser_of_alice: Client, organization):
    his = Client()
    his.force_login(factories.make_user(organization, "bob"))
    asked = browser_of_alice.post(NEW, {"name": "Phone", "current_password": PASSWORD}, **JSON).json()
    credential = Device().create(asked["options"])
    assert his.post(FINISH, {"ticket": asked["ticket"], "credential": credential}).status_code == 422
    assert not WebAuthnCredential.objects.exists()


def test_removing_the_last_second_factor_asks_for_the_password_and_takes_the_codes(
    device: Device, browser_of_alice: Client, alice
):
    passkey = WebAuthnCredential.objects.get()
    page = f"/settings/passkeys/{passkey.pk}/remove/"
    assert "your last second factor" in browser_of_alice.get(page).content.decode()
    assert browser_of_alice.post(page, {"current_password": "wrong"}).status_code == 422
    assert second_factor.is_on(alice)
    assert browser_of_alice.post(page, {"current_password": PASSWORD}).status_code == 302
    assert not second_factor.is_on(alice)
    assert not RecoveryCode.objects.exists()
    assert is_signed_in(with_password())
    client = Client()
    assert client.post(SIGN_IN, answer(client, device)).status_code == 422


def test_nobody_removes_the_passkey_of_somebody_else(device: Device, organization):
    his = Client()
    his.force_login(factories.make_user(organization, "bob"))
    page = f"/settings/passkeys/{WebAuthnCredential.objects.get().pk}/remove/"
    assert his.get(page).status_code == 404
    assert his.post(page, {"current_password": PASSWORD}).status_code == 404
    assert WebAuthnCredential.objects.exists()


def test_turning_the_second_factor_off_takes_the_passkeys_too(device: Device, browser_of_alice: Client, alice):
    browser_of_alice.post("/settings/second-factor/off/", {"current_password": PASSWORD})
    assert not WebAuthnCredential.objects.exists()
    assert not second_factor.is_on(alice)


def test_programs_need_an_application_password_then(device: Device):
    from workmail.accounts import passwords

    with pytest.raises(passwords.SignInRefused) as refused:
        passwords.check("alice@fernhill.test", PASSWORD, protocol="imap", client_address="192.0.2.1")
    assert refused.value.code == "second_factor"
