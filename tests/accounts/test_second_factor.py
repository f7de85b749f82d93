"""The second factor: nobody is signed in before it is passed, and every code works once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests import factories
from tests.accounts.conftest import code_of
from tests.services.environment import PASSWORD
from workmail.accounts import second_factor
from workmail.accounts.lockout import SECOND_FACTOR, Blocked
from workmail.accounts.models import Authenticator, FailureCount, RecoveryCode
from workmail.audit.models import AuditEntry
from workmail.errors import Invalid

CODE = "/sign-in/code/"


@pytest.fixture
def at_second_step(client: Client, alice, recovery_codes) -> Client:
    response = client.post("/sign-in/", {"login": "alice@fernhill.test", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, CODE)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def test_the_password_alone_signs_nobody_in(at_second_step):
    assert not is_signed_in(at_second_step)
    assert "_auth_user_id" not in at_second_step.session


def test_the_code_of_the_app_signs_in(at_second_step, alice):
    response = at_second_step.post(CODE, {"code": code_of(alice, steps=1)})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(at_second_step)


def test_it_leads_to_where_one_wanted_to_go(client, alice, recovery_codes):
    client.post("/sign-in/?next=/settings/", {"login": "alice@fernhill.test", "password": PASSWORD})
    assert client.post(CODE, {"code": recovery_codes[0]})["Location"] == "/settings/"


def test_a_code_works_once(at_second_step, alice):
    code = code_of(alice, steps=1)
    at_second_step.post(CODE, {"code": code})
    again = Client()
    again.post("/sign-in/", {"login": "alice@fernhill.test", "password": PASSWORD})
    response = again.post(CODE, {"code": code})
    assert response.status_code == 422
    assert "it was used already" in response.content.decode()
    assert not is_signed_in(again)


def test_the_code_that_turned_it_on_does_not_sign_in_too(at_second_step, alice):
    assert at_second_step.post(CODE, {"code": code_of(alice)}).status_code == 422


@pytest.mark.parametrize("spelling", [str.upper, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_a_recovery_code_works_however_it_is_copied(at_second_step, recovery_codes, spelling):
    assert at_second_step.post(CODE, {"code": spelling(recovery_codes[3])}).status_code == 302
    assert is_signed_in(at_second_step)


def test_a_recovery_code_works_once(at_second_step, alice, recovery_codes):
    at_second_step.post(CODE, {"code": recovery_codes[0]})
    again = Client()
    again.post("/sign-in/", {"login": "alice@fernhill.test", "password": PASSWORD})
    assert again.post(CODE, {"code": recovery_codes[0]}).status_code == 422
    assert second_factor.unused_recovery_codes(alice) == len(recovery_codes) - 1


@pytest.mark.parametrize("code", ["", "000000", "1", "abc", "²³⁴¹²³", "٠١٢٣٤٥", "0" * 39, "x" * 40, "x" * 41, "\0"])
def test_anything_else_does_not(at_second_step, code):
    assert at_second_step.post(CODE, {"code": code}).status_code == 422
    assert not is_signed_in(at_second_step)


def test_the_codes_of_one_person_do_not_help_another(organization, alice, recovery_codes):
    bob = factories.make_user(organization, "bob")
    second_factor.begin_set_up(bob)
    second_factor.finish_set_up(factories.actor_for(bob), bob, code_of(bob, confirmed=False))
    assert not second_factor.verify(factories.actor_for(bob), bob, recovery_codes[0])
    assert not second_factor.verify(factories.actor_for(bob), bob, code_of(alice, steps=1))


def test_wrong_codes_are_counted_and_close_the_door(at_second_step, alice, recovery_codes):
    answers = [at_second_step.post(CODE, {"code": "000000"}).status_code for _number in range(SECOND_FACTOR.free + 1)]
    assert answers == [422] * SECOND_FACTOR.free + [429]
    response = at_second_step.post(CODE, {"code": recovery_codes[0]})
    assert response.status_code == 429
    assert re.search(r"Try again after \d\d:\d\d UTC\.", response.content.decode())
    assert second_factor.unused_recovery_codes(alice) == len(recovery_codes), "a refused code is not spent"


def test_beginning_again_with_the_password_does_not_reset_the_count(alice, recovery_codes):
    for _number in range(SECOND_FACTOR.free):
        client = Client()
        client.post("/sign-in/", {"login": "alice@fernhill.test", "password": PASSWORD})
        client.post(CODE, {"code": "000000"})
    with pytest.raises(Blocked):
        second_factor.verify(factories.actor_for(alice), alice, recovery_codes[0])


def test_the_second_step_does_not_exist_without_the_first(client, db):
    assert client.get(CODE)["Location"] == "/sign-in/"
    assert client.post(CODE, {"code": "123456"})["Location"] == "/sign-in/"


def test_one_can_go_back_and_be_somebody_else(at_second_step, organization):
    factories.make_user(organization, "bob")
    assert at_second_step.get("/sign-in/").status_code == 200
    assert at_second_step.post("/sign-in/start-again/")["Location"] == "/sign-in/"
    assert at_second_step.get(CODE)["Location"] == "/sign-in/"
    assert at_second_step.post("/sign-in/", {"login": "bob@fernhill.test", "password": PASSWORD})["Location"] == "/"


def test_whoever_is_disabled_between_the_steps_does_not_get_in(at_second_step, alice, recovery_codes):
    type(alice).objects.filter(pk=alice.pk).update(state="disabled")
    assert at_second_step.post(CODE, {"code": recovery_codes[0]})["Location"] == "/sign-in/"
    assert not is_signed_in(at_second_step)


def test_the_session_key_changes_at_both_steps(alice, recovery_codes):
    client = Client()
    session = client.session
    session["something"] = "planted"
    session.save()
    keys = [session.session_key]
    client.cookies["workmail_session"] = keys[0]
    client.post("/sign-in/", {"login": "alice@fernhill.test", "password": PASSWORD})
    keys.append(client.cookies["workmail_session"].value)
    client.post(CODE, {"code": recovery_codes[0]})
    keys.append(client.cookies["workmail_session"].value)
    assert len(set(keys)) == 3
    for key in keys[:2]:
        stranger = Client()
        stranger.cookies["workmail_session"] = key
        assert not is_signed_in(stranger)
        assert stranger.post(CODE, {"code": recovery_codes[1]})["Location"] == "/sign-in/"


def test_outcomes_are_audited(at_second_step, alice, recovery_codes):
    at_second_step.post(CODE, {"code": "000000"})
    at_second_step.post(CODE, {"code": recovery_codes[0]})
    wrong, right = AuditEntry.objects.filter(action="sign_in.second_factor").order_by("pk")
    assert (wrong.succeeded, right.succeeded, right.details["method"]) == (False, True, "recovery code")
    assert recovery_codes[0] not in str(AuditEntry.objects.values_list("details", "target"))


# --- Setting it up ------------------------------------------------------------------------------------------------


def test_it_is_set_up_with_code_and_password_and_shows_the_recovery_codes_once(browser_of_alice, alice):
    page = browser_of_alice.get("/settings/second-factor/")
    device = Authenticator.objects.get(user_id=alice.pk)
    assert second_factor.readable_secret(device) in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert not second_factor.is_on(alice)

    wrong = {"code": code_of(alice, confirmed=False), "current_password": "not this one"}
    assert browser_of_alice.post("/settings/second-factor/", wrong).status_code == 422
    assert not second_factor.is_on(alice)

    right = wrong | {"current_password": PASSWORD}
    response = browser_of_alice.post("/settings/second-factor/", right)
    assert response.status_code == 200
    assert second_factor.is_on(alice)
    shown = response.content.decode()
    assert shown.count("<li><code>") == second_factor.RECOVERY_CODE_COUNT
    assert "<li><code>" not in browser_of_alice.get("/settings/").content.decode()


def test_reloading_the_page_keeps_the_secret_that_was_scanned(browser_of_alice, alice):
    first = browser_of_alice.get("/settings/second-factor/").context["secret"]
    browser_of_alice.post("/settings/second-factor/", {"code": "000000", "current_password": PASSWORD})
    assert browser_of_alice.get("/settings/second-factor/").context["secret"] == first


def test_no_secret_is_kept_in_plain_text(alice, recovery_codes):
    device = TOTPDevice.objects.get(user_id=alice.pk)
    secret = Authenticator.objects.get(pk=device.pk).bin_key
    assert secret.hex() not in device.key
    assert len(secret) == 20
    kept = str(list(RecoveryCode.objects.values())).replace("-", "")
    assert not any(code.replace("-", "") in kept for code in recovery_codes)
    assert not StaticToken.objects.exists()


def test_another_app_replaces_the_first_and_its_recovery_codes(alice, recovery_codes):
    actor = factories.actor_for(alice)
    second_factor.begin_set_up(alice)
    codes = second_factor.finish_set_up(actor, alice, code_of(alice, confirmed=False))
    assert Authenticator.objects.filter(user_id=alice.pk).count() == 1
    assert not second_factor.verify(actor, alice, recovery_codes[0])
    assert second_factor.verify(actor, alice, codes[0])


def test_new_recovery_codes_replace_the_old_ones(browser_of_alice, alice, recovery_codes):
    refused = browser_of_alice.post("/settings/recovery-codes/", {"current_password": "not this one"})
    assert refused.status_code == 422
    response = browser_of_alice.post("/settings/recovery-codes/", {"current_password": PASSWORD})
    assert len(response.context["codes"]) == second_factor.RECOVERY_CODE_COUNT
    actor = factories.actor_for(alice)
    assert not second_factor.verify(actor, alice, recovery_codes[0])
    assert second_factor.verify(actor, alice, response.context["codes"][0])


def test_turning_it_off_asks_for_the_password(browser_of_alice, alice, recovery_codes):
    assert browser_of_alice.post("/settings/second-factor/off/", {"current_password": "x"}).status_code == 422
    assert second_factor.is_on(alice)
    assert browser_of_alice.post("/settings/second-factor/off/", {"current_password": PASSWORD}).status_code == 302
    assert not second_factor.is_on(alice)
    assert not RecoveryCode.objects.filter(user=alice).exists()


def test_a_set_up_that_nobody_finished_is_swept(alice):
    from workmail.accounts.tasks import sweep

    second_factor.begin_set_up(alice)
    sweep()
    assert Authenticator.objects.exists()
    Authenticator.objects.update(created_at=timezone.now() - timedelta(days=2))
    sweep()
    assert not Authenticator.objects.exists()
    with pytest.raises(Invalid):
        second_factor.finish_set_up(factories.actor_for(alice), alice, "000000")


# --- At the same time ---------------------------------------------------------------------------------------------


def verified_at_once(alice, code: str, count: int = 4) -> int:
    def verify(_number: int) -> bool:
        try:
            return second_factor.verify(factories.actor_for(alice), alice, code)
        except Blocked:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return sum(pool.map(verify, range(count)))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_send_one_recovery_code_at_once_one_gets_in(alice, recovery_codes):
    for code in recovery_codes[:5]:
        FailureCount.objects.all().delete()
        assert verified_at_once(alice, code) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_send_one_code_of_the_app_at_once_one_gets_in(alice, recovery_codes):
    assert verified_at_once(alice, code_of(alice, steps=1)) == 1
