"""Signing in with address and password: who gets in, and how little a refusal says."""

import re
from unittest.mock import patch

import pytest
from django.test import Client

from tests import factories
from tests.services.environment import PASSWORD
from workmail.accounts import passwords
from workmail.accounts.actor import SYSTEM
from workmail.accounts.models import Session
from workmail.accounts.passwords import SignInRefused
from workmail.accounts.sessions import row_key
from workmail.audit.models import AuditEntry
from workmail.directory import domains, services
from workmail.directory.models import Organization, User

SIGN_IN = "/sign-in/"


def sign_in(client: Client, login: str, password: str = PASSWORD, *, path: str = SIGN_IN, **more: str):
    return client.post(path, {"login": login, "password": password, **more})


def check(login: str, password: str = PASSWORD, **options: object) -> User:
    options = {"protocol": "web", "client_address": "192.0.2.7"} | options
    return passwords.check(login, password, **options)


@pytest.mark.parametrize(
    "login", ["alice@fernhill.test", "support@fernhill.test", "ALICE@Fernhill.TEST", " alice@fernhill.test "]
)
def test_every_address_of_a_person_signs_in(client, alice, login):
    response = sign_in(client, login)
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_the_user_name_signs_in_only_on_the_organizations_own_page(client, alice):
    assert sign_in(client, "alice").status_code == 422
    assert sign_in(client, "alice", path="/o/fernhill/sign-in/").status_code == 302


def test_the_page_of_one_organization_is_closed_to_people_of_another(client, alice):
    factories.make_organization("other", domain="other.test")
    assert sign_in(client, "alice@fernhill.test", path="/o/other/sign-in/").status_code == 422


def test_there_is_no_page_for_an_organization_that_does_not_exist(client, db):
    assert client.get("/o/nowhere/sign-in/").status_code == 404


def test_the_first_administrator_gets_in_before_the_domain_is_verified(client, db):
    organization = factories.make_organization("new", domain="new.test", domain_is_verified=False)
    assert not organization.domains.get().is_verified
    assert sign_in(client, "admin@new.test").status_code == 302


def _without_tokens(response) -> str:
    text = response.content.decode()
    for token in (
        r'name="csrfmiddlewaretoken" value="[^"]+"',
        r'name="csrf-token" content="[^"]+"',
        r"X-CSRFToken[^}]+",
        r'"madeAt": \d+',
    ):
        text = re.sub(token, "", text)
    return text


def test_a_refusal_does_not_tell_an_unknown_address_from_a_wrong_password(alice, organization):
    disabled = factories.make_user(organization, "dana")
    services.disable(SYSTEM, disabled)
    answers = [
        sign_in(Client(), login, password)
        for login, password in [
            ("alice@fernhill.test", "not this one"),
            ("nobody@fernhill.test", "not this one"),
            ("nobody@nowhere.test", "not this one"),
            ("dana@fernhill.test", PASSWORD),
            ("dana@fernhill.test", "not this one"),
        ]
    ]
    assert {answer.status_code for answer in answers} == {422}
    typed = re.compile(r"\b(alice|nobody|dana)@\w+\.test")
    assert len({typed.sub("", _without_tokens(answer)) for answer in answers}) == 1
    assert "The address or the password is not right." in answers[0].content.decode()


@pytest.mark.parametrize(
    "login", ["nobody@fernhill.test", "nobody", "", "@", "a@b@c", "alice@fernhill.test\0", "@" * 300]
)
def test_an_unknown_account_costs_one_hash_like_a_known_one(alice, login):
    with patch.object(passwords, "hashes_match", wraps=passwords.hashes_match) as hashing, pytest.raises(SignInRefused):
        check(login, "not this one")
    assert hashing.call_count == 1
    assert hashing.call_args.args[1] == passwords._dummy_hash()


def test_a_password_of_megabytes_is_not_hashed_whole(alice):
    with patch.object(passwords, "hashes_match", wraps=passwords.hashes_match) as hashing, pytest.raises(SignInRefused):
        check("alice@fernhill.test", PASSWORD + "x" * 1_000_000)
    assert len(hashing.call_args.args[0]) == passwords.LONGEST_PASSWORD


def test_passwords_are_kept_as_argon2(organization, settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]  # without the quick one of the tests
    user = factories.make_user(organization)
    assert user.password.startswith("argon2$argon2id$")
    assert check(user.addr_spec) == user


def test_success_and_failure_are_audited_with_the_address_they_came_from(alice):
    check("alice@fernhill.test", user_agent="Firefox")
    with pytest.raises(SignInRefused):
        check("alice@fernhill.test", "not this one")
    right, wrong = AuditEntry.objects.filter(action="sign_in.password").order_by("pk")
    assert (right.succeeded, right.actor_id, right.target, right.client_address, right.user_agent) == (
        True,
        alice.pk,
        "alice@fernhill.test",
        "192.0.2.7",
        "Firefox",
    )
    assert (wrong.succeeded, wrong.actor_id, wrong.organization_id) == (False, None, alice.organization_id)


def test_what_was_typed_for_an_unknown_account_is_not_kept(alice):
    """People type their password into the wrong field."""
    with pytest.raises(SignInRefused):
        check("my secret pass phrase", "alice@fernhill.test")
    entry = AuditEntry.objects.get(action="sign_in.password")
    assert "secret" not in f"{entry.target}{entry.details}{entry.actor_label}"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "https://testserver@evil.example/",
        "https://testserver.evil.example/",
        "\thttps://evil.example",
    ],
)
def test_signing_in_never_leads_to_another_host(client, alice, target):
    response = sign_in(client, "alice@fernhill.test", next=target)
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert sign_in(Client(), "alice@fernhill.test", path=f"{SIGN_IN}?next={target}")["Location"] == "/"
    assert client.get(SIGN_IN, {"next": target})["Location"] == "/", "nor does the page when one is signed in"


def test_signing_in_leads_back_to_where_one_wanted_to_go(client, alice):
    assert client.get("/settings/")["Location"] == "/sign-in/?next=/settings/"
    assert sign_in(client, "alice@fernhill.test", next="/settings/?x=1#y")["Location"] == "/settings/?x=1#y"


def test_the_session_key_changes_when_somebody_signs_in(client, alice):
    """Somebody who planted a session key in the browser must not share the session."""
    session = client.session
    session["something"] = "planted"
    session.save()
    planted = session.session_key
    client.cookies["workmail_session"] = planted
    sign_in(client, "alice@fernhill.test")
    assert client.cookies["workmail_session"].value != planted
    assert not Session.objects.filter(session_key=row_key(planted)).exists()


def test_forms_without_a_token_are_refused(alice):
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, "alice@fernhill.test").status_code == 403
    client.force_login(alice)
    assert client.post("/sign-out/").status_code == 403
    assert client.post("/settings/keep/appearance/", {"theme": "dark"}).status_code == 403


def test_signing_out_is_not_possible_by_a_link(browser_of_alice):
    assert browser_of_alice.get("/sign-out/").status_code == 405
    assert browser_of_alice.post("/sign-out/").status_code == 302
    assert browser_of_alice.get("/settings/").status_code == 302


def test_keeping_signed_in_is_a_choice(alice):
    for remember, persistent in [({}, False), ({"remember": "on"}, True)]:
        client = Client()
        sign_in(client, "alice@fernhill.test", **remember)
        assert bool(client.cookies["workmail_session"]["max-age"]) is persistent


def test_the_sign_in_page_speaks_the_language_of_the_browser_or_of_the_switch(client, db):
    assert client.get(SIGN_IN, headers={"accept-language": "fr"})["Content-Language"] == "fr"
    response = client.post("/language/", {"language": "ru", "next": SIGN_IN}, headers={"accept-language": "fr"})
    assert response["Location"] == SIGN_IN
    page = client.get(SIGN_IN, headers={"accept-language": "fr"})
    assert page["Content-Language"] == "ru"
    assert '<html lang="ru"' in page.content.decode()
    assert client.get("/o/nowhere/sign-in/", headers={"accept-language": "fr"})["Content-Language"] == "ru"


def test_somebody_with_no_usable_password_does_not_get_in(organization):
    user = factories.make_user(organization, "erin", password=None)
    with pytest.raises(SignInRefused):
        check(user.addr_spec, "")


def test_nobody_of_a_deleted_organization_gets_in(client, alice):
    client.force_login(alice)
    Organization.objects.filter(pk=alice.organization_id).update(state=Organization.State.DELETED)
    assert client.get("/settings/").status_code == 302
    with pytest.raises(SignInRefused):
        check("alice@fernhill.test")


def test_an_address_of_an_unverified_domain_names_its_owner(organization, alice):
    domain = domains.add_domain(SYSTEM, organization, "later.test")
    services.add_alias(SYSTEM, alice, "alice@later.test")
    assert not domain.is_verified
    assert check("alice@later.test") == alice


def test_pages_of_allauth_that_are_not_used_do_not_exist(client, db):
    for path in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/sign-in/password/reset/"):
        assert client.get(path).status_code == 404


def test_the_site_itself_leads_to_the_sign_in_page_or_the_mail(client, alice):
    assert client.get("/")["Location"] == SIGN_IN
    client.force_login(alice)
    assert client.get("/")["Location"] != SIGN_IN
