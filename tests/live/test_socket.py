"""The live socket over a real channel layer: who may listen, what is heard, and how fast."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone

from mailapp.store import flags
from mailapp.store.flags import FlagChange
from mailapp.web.consumers import SESSION_ENDED
from tests import factories
from workmail.accounts import sessions
from workmail.asgi import application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ORIGIN = (b"origin", b"http://localhost")


@database_sync_to_async
def _person(alias: str, name: str) -> Any:
    from workmail.directory.models import Organization

    organization = Organization.objects.filter(alias=alias).first() or factories.make_organization(alias)
    return factories.make_user(organization, name)


@database_sync_to_async
def _session_of(user: Any) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@database_sync_to_async
def _deliver(user: Any) -> Any:
    message = factories.store_message(user)
    return str(message.folder_id), message.modseq, message.uid


@database_sync_to_async
def _flag(user: Any, uid: int) -> int:
    return flags.change(factories.open_folder(user), [uid], FlagChange(set=frozenset({"is_flagged"}))).modseq


Listen = Callable[..., Any]


@pytest.fixture(autouse=True)
def _close_connections_as_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    """Channels' test client keeps connections open, which its users on one connection want; ours come from a pool."""
    monkeypatch.setattr("channels.testing.application.no_op", close_old_connections)


@pytest_asyncio.fixture
async def listen() -> AsyncIterator[Listen]:
    open_sockets: list[WebsocketCommunicator] = []

    async def listen_as(user: Any = None, *, origin: tuple[bytes, bytes] = ORIGIN, session: str = "") -> Any:
        headers = [origin, (b"host", b"localhost")]
        if user is not None:
            session = session or await _session_of(user)
        if session:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
        socket = WebsocketCommunicator(application, "/live/", headers=headers)
        connected, _ = await socket.connect(timeout=10)
        if connected:
            open_sockets.append(socket)
        return socket if connected else None

    yield listen_as
    for socket in open_sockets:
        await socket.disconnect()


async def test_a_new_message_is_heard_within_a_second(listen: Listen) -> None:
    alice = await _person("example", "alice")
    socket = await listen(alice)
    folder, modseq, _ = await _deliver(alice)
    delivered = time.monotonic()
    assert await socket.receive_json_from(timeout=5) == {"collection": folder, "modseq": modseq}
    assert time.monotonic() - delivered < 1


async def test_a_flag_set_elsewhere_is_heard_by_every_page(listen: Listen) -> None:
    alice = await _person("example", "alice")
    folder, _, uid = await _deliver(alice)
    pages = [await listen(alice) for _ in range(3)]
    modseq = await _flag(alice, uid)
    for socket in pages:
        assert await socket.receive_json_from(timeout=5) == {"collection": folder, "modseq": modseq}


async def test_nobody_hears_of_the_mail_of_others(listen: Listen) -> None:
    """Neither a colleague nor the administrator, of this organization or another."""
    from workmail.directory.models import User

    alice, bob = await _person("example", "alice"), await _person("example", "bob")
    await _person("other", "mallory")
    administrators = await database_sync_to_async(lambda: list(User.objects.filter(name="admin")))()
    sockets = [await listen(person) for person in (bob, *administrators)]
    assert len(sockets) == 3
    await _deliver(alice)
    for socket in sockets:
        assert await socket.receive_nothing(timeout=0.4)


async def test_a_stranger_is_not_let_in(listen: Listen) -> None:
    assert await listen() is None
    assert await listen(session="no-such-session") is None


async def test_a_page_of_another_site_is_not_let_in(listen: Listen) -> None:
    alice = await _person("example", "alice")
    assert await listen(alice, origin=(b"origin", b"https://example.org")) is None


async def test_who_was_disabled_is_not_let_in(listen: Listen) -> None:
    from workmail.accounts.actor import SYSTEM
    from workmail.directory import services

    alice = await _person("example", "alice")
    session = await _session_of(alice)
    await database_sync_to_async(services.disable)(SYSTEM, alice)
    assert await listen(session=session) is None


async def test_a_session_that_ends_takes_its_socket_with_it(listen: Listen) -> None:
    alice = await _person("example", "alice")
    ended, kept = await _session_of(alice), await _session_of(alice)
    socket, other = await listen(session=ended), await listen(session=kept)

    def end() -> None:
        row = sessions.Session.objects.get(session_key=sessions.row_key(ended))
        sessions.revoke(factories.actor_for(alice), alice, [row.id])

    await database_sync_to_async(end)()
    assert (await socket.receive_output(timeout=5)) == {"type": "websocket.close", "code": SESSION_ENDED}
    await _deliver(alice)
    assert "collection" in await other.receive_json_from(timeout=5)


async def test_signing_out_everywhere_closes_every_page(listen: Listen) -> None:
    alice = await _person("example", "alice")
    pages = [await listen(alice) for _ in range(2)]

    def end() -> None:
        from django.db import transaction

        with transaction.atomic():
            sessions.end_all(alice)

    await database_sync_to_async(end)()
    for socket in pages:
        assert (await socket.receive_output(timeout=5))["code"] == SESSION_ENDED


async def test_a_session_that_merely_expires_ends_its_socket_too(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailapp.web.consumers.SESSION_CHECK_SECONDS", 0.0)
    alice = await _person("example", "alice")
    session = await _session_of(alice)
    socket = await listen(session=session)
    await socket.send_to(text_data="ping")
    assert await socket.receive_json_from(timeout=5) == {"pong": True}

    def expire() -> None:
        rows = sessions.Session.objects.filter(session_key=sessions.row_key(session))
        assert rows.update(expire_date=timezone.now()) == 1

    await database_sync_to_async(expire)()
    await socket.send_to(text_data="ping")
    assert (await socket.receive_output(timeout=5)) == {"type": "websocket.close", "code": SESSION_ENDED}


async def test_a_ping_is_answered_and_anything_long_ends_the_talk(listen: Listen) -> None:
    alice = await _person("example", "alice")
    socket = await listen(alice)
    await socket.send_to(text_data="ping")
    assert await socket.receive_json_from(timeout=5) == {"pong": True}
    await socket.send_to(text_data="{}")
    assert await socket.receive_nothing(timeout=0.2)
    await socket.send_to(text_data="x" * 10_000)
    assert (await socket.receive_output(timeout=5))["type"] == "websocket.close"


async def test_a_conversation_that_joined_another_elsewhere_rings_too(listen: Listen) -> None:
    alice = await _person("example", "alice")

    def prepare() -> str:
        for number in (1, 2):
            factories.store_message(alice, factories.make_message_bytes(message_id=f"<{number}@example.org>"))
        return str(factories.open_folder(alice).folder.pk)

    inbox = await database_sync_to_async(prepare)()
    socket = await listen(alice)

    def join() -> None:
        raw = factories.make_message_bytes(references=["<1@example.org>", "<2@example.org>"])
        factories.store_message(alice, raw, role="archive")

    await database_sync_to_async(join)()
    heard = {(await socket.receive_json_from(timeout=5))["collection"] for _ in range(2)}
    assert inbox in heard
