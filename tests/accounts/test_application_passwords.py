"""Application passwords: for one program, for some protocols, beside or instead of the main password."""

import pytest

from tests import factories
from tests.services.environment import PASSWORD
from workmail.accounts import application_passwords, passwords
from workmail.accounts.models import ApplicationPassword
from workmail.accounts.passwords import SignInRefused
from workmail.directory import services
from workmail.errors import Invalid, LimitExceeded, NotFound


def check(password: str, protocol: str = "smtp") -> str:
    try:
        passwords.check("alice@fernhill.test", password, protocol=protocol, client_address="192.0.2.8")
    except SignInRefused as refused:
        return refused.code
    return "in"


def make(user, *protocols: str, name: str = "Phone") -> str:
    return application_passwords.create(
        factories.actor_for(user), user, name=name, protocols=protocols or ("imap", "smtp")
    )


def test_without_a_second_factor_the_main_password_works_everywhere(alice):
    assert check(PASSWORD) == "in"
    assert check(PASSWORD, "imap") == "in"


def test_with_a_second_factor_programs_need_an_application_password(alice, recovery_codes):
    assert check(PASSWORD) == "second_factor"
    assert check("not this one") == "wrong"
    password = make(alice)
    assert check(password) == "in"
    assert check(PASSWORD, "web") == "in", "there the second step follows"


def test_it_is_good_for_its_protocols_only_and_never_for_the_web(alice):
    password = make(alice, "imap")
    assert check(password, "imap") == "in"
    assert check(password, "smtp") == "wrong"
    assert check(password, "web") == "wrong"


@pytest.mark.parametrize("spelling", [str.upper, lambda text: text.replace("-", ""), lambda text: f" {text} "])
def test_it_works_however_it_is_copied(alice, spelling):
    assert check(spelling(make(alice))) == "in"


def test_a_revoked_one_does_not_work(alice, browser_of_alice):
    password = make(alice)
    row = ApplicationPassword.objects.get()
    assert browser_of_alice.post(f"/settings/application-passwords/{row.pk}/revoke/").status_code == 302
    assert check(password) == "wrong"
    with pytest.raises(NotFound):
        application_passwords.revoke(factories.actor_for(alice), alice, row.pk)


def test_nobody_revokes_that_of_somebody_else(organization, alice, browser_of_alice):
    bob = factories.make_user(organization, "bob")
    make(bob)
    row = ApplicationPassword.objects.get()
    assert browser_of_alice.post(f"/settings/application-passwords/{row.pk}/revoke/").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_that_of_one_person_does_not_open_the_account_of_another(organization, alice):
    password = make(factories.make_user(organization, "bob"))
    assert check(password) == "wrong"


def test_its_use_is_noted(alice):
    check(make(alice))
    row = ApplicationPassword.objects.get()
    assert (row.last_used_at is not None, row.last_used_address) == (True, "192.0.2.8")


def test_it_is_not_kept_in_plain_text(alice):
    password = make(alice)
    assert password.replace("-", "") not in str(list(ApplicationPassword.objects.values()))


def test_it_goes_with_the_person(organization, alice):
    password = make(alice)
    services.disable(factories.actor_for(factories.administrator_of(organization)), alice)
    assert check(password) == "wrong"


def test_whoever_must_choose_a_new_password_does_that_on_the_web_first(organization, alice):
    passwords.reset(factories.actor_for(factories.administrator_of(organization)), alice, "given by somebody")
    assert check("given by somebody") == "must_change_password"


@pytest.mark.parametrize("name, protocols", [("", ["imap"]), ("x" * 101, ["imap"]), ("Phone", []), ("Phone", ["web"])])
def test_what_cannot_be_made(alice, name, protocols):
    with pytest.raises(Invalid):
        application_passwords.create(factories.actor_for(alice), alice, name=name, protocols=protocols)


def test_there_can_be_only_so_many(alice):
    for _number in range(application_passwords.MOST):
        make(alice)
    with pytest.raises(LimitExceeded):
        make(alice)


def test_the_page_makes_one_after_the_password_and_shows_it_once(browser_of_alice, alice):
    form = {"name": "Phone", "protocols": ["imap", "smtp"], "current_password": "not this one"}
    refused = browser_of_alice.post("/settings/application-passwords/", form)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["current_password"]
    response = browser_of_alice.post("/settings/application-passwords/", form | {"current_password": PASSWORD})
    shown = response.context["password"]
    assert shown in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert check(shown) == "in"
    assert shown not in browser_of_alice.get("/settings/").content.decode()
