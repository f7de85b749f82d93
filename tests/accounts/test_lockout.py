"""Counting failures: by account, by client, at the same time from many sides, and for every door together."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.services.environment import PASSWORD
from workmail.accounts import lockout, passwords
from workmail.accounts.lockout import ACCOUNT, ADDRESS, SIGN_UP, Blocked
from workmail.accounts.models import FailureCount
from workmail.accounts.passwords import SignInRefused
from workmail.accounts.tasks import sweep
from workmail.audit.models import AuditEntry


def attempt(login: str, password: str = "not this one", *, client_address: str | None = None, protocol: str = "web"):
    """Return the code of the refusal, or an empty string."""
    try:
        passwords.check(login, password, protocol=protocol, client_address=client_address)
    except SignInRefused as refused:
        return refused.code
    return ""


def test_the_delay_doubles_and_has_an_end():
    delays = [ACCOUNT.delay(failures) for failures in range(1, 30)]
    assert delays[: ACCOUNT.free - 1] == [None] * (ACCOUNT.free - 1)
    closed = [delay for delay in delays if delay is not None]
    assert closed[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert closed == sorted(closed)
    assert closed[-1] == ACCOUNT.longest_delay


@pytest.mark.parametrize("login", ["alice@fernhill.test", "nobody@fernhill.test", "nobody@nowhere.test"])
def test_an_account_closes_after_some_failures_whether_it_exists_or_not(alice, login):
    answers = [attempt(login) for _number in range(ACCOUNT.free + 2)]
    assert answers == ["wrong"] * ACCOUNT.free + ["locked"] * 2


def test_while_it_is_closed_even_the_right_password_does_not_open_it(alice):
    for _number in range(ACCOUNT.free):
        attempt("alice@fernhill.test")
    assert attempt("alice@fernhill.test", PASSWORD) == "locked"
    assert attempt("support@fernhill.test", PASSWORD) == "locked", "another address is the same account"
    assert attempt("alice@fernhill.test", PASSWORD, protocol="imap") == "locked", "another door, too"


def test_it_opens_again_by_itself_and_a_success_begins_the_count_anew(alice):
    for _number in range(ACCOUNT.free):
        attempt("alice@fernhill.test")
    FailureCount.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    assert attempt("alice@fernhill.test", PASSWORD) == ""
    assert FailureCount.objects.get(scope="account").failures == 0
    assert [attempt("alice@fernhill.test") for _number in range(ACCOUNT.free)] == ["wrong"] * ACCOUNT.free


def test_a_further_failure_closes_it_for_longer(alice):
    for _number in range(ACCOUNT.free):
        attempt("alice@fernhill.test")
    FailureCount.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    attempt("alice@fernhill.test")
    left = FailureCount.objects.get(scope="account").blocked_until - timezone.now()
    assert timedelta(seconds=50) < left <= timedelta(minutes=1)


def test_guesses_from_elsewhere_do_not_keep_the_owner_out_at_home(alice):
    at_home = Client(REMOTE_ADDR="192.0.2.4")
    at_home.post("/sign-in/", {"login": "alice@fernhill.test", "password": PASSWORD})
    for number in range(ACCOUNT.free + 1):
        attempt("alice@fernhill.test", client_address=f"198.51.100.{number}")
    assert attempt("alice@fernhill.test", PASSWORD, client_address="198.51.100.99") == "locked"
    assert attempt("alice@fernhill.test", PASSWORD, client_address="192.0.2.4") == ""
    assert attempt("alice@fernhill.test", PASSWORD, client_address="192.0.2.4", protocol="smtp") == ""
    guesses = [attempt("alice@fernhill.test", client_address="192.0.2.4") for _number in range(ACCOUNT.free + 1)]
    assert guesses == ["wrong"] * ACCOUNT.free + ["locked"], "there is a limit at home, too"


def test_refused_attempts_do_not_keep_it_closed(alice):
    """Else whoever goes on guessing would keep the owner out for ever."""
    for _number in range(ACCOUNT.free):
        attempt("alice@fernhill.test")
    before = FailureCount.objects.get(scope="account")
    for _number in range(5):
        attempt("alice@fernhill.test")
    after = FailureCount.objects.get(scope="account")
    assert (before.failures, before.blocked_until) == (after.failures, after.blocked_until)


def test_old_failures_are_forgotten(alice):
    for _number in range(ACCOUNT.free - 1):
        attempt("alice@fernhill.test")
    FailureCount.objects.update(last_failure_at=timezone.now() - ACCOUNT.window - timedelta(seconds=1))
    assert attempt("alice@fernhill.test") == "wrong"
    assert FailureCount.objects.get(scope="account").failures == 1


def test_a_client_that_tries_many_accounts_is_closed_out(organization):
    answers = [
        attempt(f"person{number}@fernhill.test", client_address="192.0.2.9") for number in range(ADDRESS.free + 1)
    ]
    assert answers == ["wrong"] * ADDRESS.free + ["locked"]
    assert attempt("somebody@fernhill.test", client_address="192.0.2.10") == "wrong"


def test_the_clients_of_one_ipv6_network_count_as_one(organization):
    for number in range(ADDRESS.free):
        attempt(f"person{number}@fernhill.test", client_address=f"2001:db8:1:2::{number:x}")
    assert attempt("x@fernhill.test", client_address="2001:db8:1:2:ffff::1") == "locked"
    assert attempt("x@fernhill.test", client_address="2001:db8:1:3::1") == "wrong"


def test_a_guesser_with_an_account_of_their_own_does_not_reset_the_count_of_their_address(organization, alice):
    for number in range(ADDRESS.free - 2):
        attempt(f"person{number}@fernhill.test", client_address="192.0.2.9")
    for _number in range(5):
        assert attempt("alice@fernhill.test", PASSWORD, client_address="192.0.2.9") == ""
    assert FailureCount.objects.get(scope="address").failures == ADDRESS.free - 2


def test_a_whole_office_signs_in_through_one_address(organization, alice):
    for _number in range(ADDRESS.free * 2):
        assert attempt("alice@fernhill.test", PASSWORD, client_address="192.0.2.9") == ""


def test_a_success_at_the_edge_does_not_leave_the_address_closed(alice):
    for number in range(ADDRESS.free - 1):
        attempt(f"person{number}@fernhill.test", client_address="192.0.2.9")
    for _number in range(3):
        assert attempt("alice@fernhill.test", PASSWORD, client_address="192.0.2.9") == ""


def test_the_page_says_until_when(client, alice):
    for _number in range(ACCOUNT.free):
        client.post("/sign-in/", {"login": "alice@fernhill.test", "password": "not this one"})
    response = client.post("/sign-in/", {"login": "alice@fernhill.test", "password": PASSWORD})
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 30
    assert re.search(r"Try again after \d\d:\d\d UTC\.", response.content.decode())
    assert "_auth_user_id" not in client.session


def test_the_attempt_that_closes_the_door_is_audited_and_the_refused_ones_after_it_are_not(alice):
    """Else an attacker would fill the log at will."""
    for _number in range(ACCOUNT.free + 10):
        attempt("alice@fernhill.test")
    entries = AuditEntry.objects.filter(action="sign_in.password").order_by("pk")
    assert entries.count() == ACCOUNT.free
    assert "locked_until" in entries.last().details


def test_an_administrator_who_resets_the_password_opens_the_door(organization, alice):
    for _number in range(ACCOUNT.free):
        attempt("alice@fernhill.test")
    passwords.reset(factories.actor_for(factories.administrator_of(organization)), alice, "another good one")
    assert attempt("alice@fernhill.test", "another good one") == ""


def test_sign_ups_are_counted_by_address(db):
    for _number in range(SIGN_UP.free):
        lockout.begin({SIGN_UP: "192.0.2.1"})
    with pytest.raises(Blocked):
        lockout.begin({SIGN_UP: "192.0.2.1"})
    lockout.begin({SIGN_UP: "192.0.2.2"})


def test_the_sweep_forgets_old_counts(alice):
    attempt("alice@fernhill.test")
    sweep()
    assert FailureCount.objects.exists()
    FailureCount.objects.update(last_failure_at=timezone.now() - timedelta(days=2))
    sweep()
    assert not FailureCount.objects.exists()


@pytest.mark.parametrize(
    "client_address, key",
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::", "2001:db8::/64"),
        (None, ""),
        ("", ""),
    ],
)
def test_what_counts_as_one_client(client_address, key):
    assert lockout.address_key(client_address) == key


# --- At the same time ---------------------------------------------------------------------------------------------


def in_parallel(function, count: int) -> list:
    def run(number: int):
        try:
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_at_once_are_not_examined_more_often_than_one_after_another(alice):
    with patch.object(passwords, "_examine", wraps=passwords._examine) as examining:
        answers = in_parallel(lambda _number: attempt("alice@fernhill.test"), ACCOUNT.free + 8)
    assert examining.call_count == ACCOUNT.free
    assert sorted(answers) == ["locked"] * 8 + ["wrong"] * ACCOUNT.free


@pytest.mark.django_db(transaction=True)
def test_guesses_at_many_accounts_at_once_are_counted_for_their_address(alice):
    for number in range(ADDRESS.free - 5):
        attempt(f"person{number}@fernhill.test", client_address="2001:db8::1")

    def guess(number: int) -> str:
        return attempt(f"other{number}@fernhill.test", client_address=f"2001:db8::{number:x}")

    assert sorted(in_parallel(guess, 12)) == ["locked"] * 7 + ["wrong"] * 5


@pytest.mark.django_db(transaction=True)
def test_a_mail_program_that_opens_many_connections_at_once_gets_in_with_all_of_them(alice):
    answers = in_parallel(
        lambda _number: attempt("alice@fernhill.test", PASSWORD, client_address="192.0.2.1", protocol="imap"), 6
    )
    assert answers == [""] * 6
    assert set(FailureCount.objects.values_list("failures", flat=True)) == {0}
    assert attempt("alice@fernhill.test", PASSWORD) == ""
    assert Client().get("/sign-in/").status_code == 200
