"""Sessions: what is kept of them, and how they end."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.services.environment import PASSWORD
from workmail.accounts import passwords, sessions
from workmail.accounts.actor import SYSTEM
from workmail.accounts.models import Session
from workmail.accounts.sessions import SessionStore, is_alive, row_key
from workmail.accounts.tasks import sweep
from workmail.audit.models import AuditEntry
from workmail.directory import services

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


def browser(user, **meta: str) -> Client:
    client = Client(**{"HTTP_USER_AGENT": FIREFOX, "REMOTE_ADDR": "192.0.2.4"} | meta)
    client.post("/sign-in/", {"login": user.addr_spec, "password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def test_a_session_remembers_who_from_where_and_with_what(alice):
    browser(alice)
    session = Session.objects.get(user=alice)
    assert (session.client_address, session.user_agent, session.protocol) == ("192.0.2.4", FIREFOX, "web")


def test_the_table_holds_no_key_that_opens_a_session(alice):
    client = browser(alice)
    key = client.cookies["workmail_session"].value
    row = Session.objects.get(user=alice)
    assert key not in row.session_key
    stranger = Client()
    stranger.cookies["workmail_session"] = row.session_key
    assert not is_signed_in(stranger)


def test_when_it_was_last_seen_is_written_at_most_once_a_minute(alice, django_assert_num_queries):
    client = browser(alice)
    row = Session.objects.get(user=alice)
    client.get("/settings/", REMOTE_ADDR="192.0.2.99")
    row.refresh_from_db()
    assert row.client_address == "192.0.2.4"
    Session.objects.update(last_seen_at=timezone.now() - timedelta(minutes=2))
    client.get("/settings/", REMOTE_ADDR="192.0.2.99")
    row.refresh_from_db()
    assert row.client_address == "192.0.2.99"
    assert timezone.now() - row.last_seen_at < timedelta(minutes=1)


def test_the_page_lists_my_sessions_and_marks_this_one(alice, organization):
    browser(factories.make_user(organization, "bob"))
    first, _second = browser(alice), browser(alice, HTTP_USER_AGENT="")
    page = first.get("/settings/sessions/")
    listed = {(item["name"], item["is_current"]) for item in page.context["sessions"]}
    assert listed == {("Firefox on Linux", True), ("Unknown program", False)}


def test_one_session_can_be_ended(alice):
    first, second = browser(alice), browser(alice)
    row = Session.objects.get(session_key=row_key(second.cookies["workmail_session"].value))
    assert first.post(f"/settings/sessions/{row.id}/revoke/").status_code == 302
    assert is_signed_in(first)
    assert not is_signed_in(second)
    assert AuditEntry.objects.filter(action="session.revoke", actor=alice).exists()


def test_nobody_ends_the_session_of_somebody_else(alice, organization):
    theirs = browser(factories.make_user(organization, "bob"))
    row = Session.objects.get(user__entity__name="bob")
    browser(alice).post(f"/settings/sessions/{row.id}/revoke/")
    assert is_signed_in(theirs)


def test_signing_out_everywhere_keeps_only_this_session(alice):
    first, second = browser(alice), browser(alice)
    first.post("/settings/sessions/revoke/")
    assert is_signed_in(first)
    assert not is_signed_in(second)
    assert is_signed_in(browser(alice))


def test_a_new_password_ends_all_other_sessions(alice):
    first, second = browser(alice), browser(alice)
    form = {"current_password": PASSWORD, "password": "a much better one", "repeated": "a much better one"}
    before = first.cookies["workmail_session"].value
    assert first.post("/settings/password/", form).status_code == 302
    assert is_signed_in(first)
    assert first.cookies["workmail_session"].value != before
    assert not is_signed_in(second)


def test_a_copy_of_a_cookie_from_before_the_new_password_opens_nothing(alice):
    client, thief = browser(alice), Client()
    thief.cookies["workmail_session"] = client.cookies["workmail_session"].value
    form = {"current_password": PASSWORD, "password": "a much better one", "repeated": "a much better one"}
    client.post("/settings/password/", form)
    assert not is_signed_in(thief)


def test_whoever_is_disabled_is_out_at_once(alice):
    client = browser(alice)
    services.disable(SYSTEM, alice)
    assert not is_signed_in(client)
    assert not Session.objects.filter(user=alice).exists()


def test_a_session_is_alive_until_it_is_ended(alice):
    client = browser(alice)
    key = client.cookies["workmail_session"].value
    assert is_alive(key)
    assert not is_alive(None)
    assert not is_alive("nonsense")
    assert not is_alive(row_key(key))
    sessions.end_all(alice)
    assert not is_alive(key)


def test_a_session_dies_with_the_epoch_of_its_user_even_if_its_row_is_left(alice):
    key = browser(alice).cookies["workmail_session"].value
    type(alice).objects.update(session_epoch=7)
    assert not is_alive(key)


def test_a_session_that_must_first_choose_a_password_keeps_nothing_open(alice):
    key = browser(alice).cookies["workmail_session"].value
    type(alice).objects.update(must_change_password=True)
    assert not is_alive(key)


def test_ended_and_anonymous_sessions_are_swept_when_they_run_out(alice):
    browser(alice)
    Client().get("/sign-in/")
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    sweep()
    assert not Session.objects.exists()


def test_the_store_works_without_waiting_too(alice):
    """Channels reads sessions from a coroutine."""
    client = browser(alice)

    async def user_id() -> str:
        store = SessionStore(client.cookies["workmail_session"].value)
        return await store.aget("_auth_user_id")

    assert async_to_sync(user_id)() == str(alice.pk)


def test_whoever_must_choose_a_new_password_can_do_nothing_else(organization, alice):
    passwords.reset(factories.actor_for(factories.administrator_of(organization)), alice, "given by somebody")
    client = Client()
    client.post("/sign-in/", {"login": alice.addr_spec, "password": "given by somebody"})
    assert client.get("/settings/")["Location"] == "/settings/password/"
    assert client.get("/")["Location"] == "/settings/password/"
    assert client.post("/settings/keep/appearance/", {"theme": "dark"}).status_code == 403
    assert client.get("/settings/", headers={"accept": "application/json"}).status_code == 403
    form = {"current_password": "given by somebody", "password": "my very own choice", "repeated": "my very own choice"}
    assert client.post("/settings/password/", form).status_code == 302
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "form, field",
    [
        ({"current_password": "not this one"}, "current_password"),
        ({"password": "short", "repeated": "short"}, "password"),
        ({"password": "password123", "repeated": "password123"}, "password"),
        ({"repeated": "something else"}, "repeated"),
        ({"password": "x" * 300}, "password"),
        ({"password": ""}, "password"),
    ],
)
def test_a_new_password_is_refused_at_the_field_that_is_wrong(browser_of_alice, alice, form, field):
    good = {"current_password": PASSWORD, "password": "a much better one", "repeated": "a much better one"}
    response = browser_of_alice.post("/settings/password/", good | form)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


# --- What is open longer than a request ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "end",
    [
        lambda user: sessions.revoke(factories.actor_for(user), user, [Session.objects.get(user=user).id]),
        lambda user: passwords.sign_out_everywhere(factories.actor_for(user), user),
        lambda user: passwords.change(factories.actor_for(user), user, "a much better one"),
        lambda user: services.disable(SYSTEM, user),
        lambda user: browser(user).post("/sign-out/"),
    ],
    ids=["revoke", "sign out everywhere", "new password", "disable", "sign out"],
)
def test_whoever_keeps_something_open_is_told(alice, end):
    browser(alice)

    async def hears() -> dict:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(sessions.group_name(alice.pk), channel)
        await sync_to_async(end)(alice)
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(layer.receive(channel), 5)
        return {}

    assert async_to_sync(hears)() == {"type": "session.revoked"}
