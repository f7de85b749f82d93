"""The live socket of somebody whom a folder is shared with: they hear of that folder, and of nothing else."""

import asyncio
from typing import Any

import pytest
from channels.db import database_sync_to_async

from mailapp.sharing.levels import Level
from tests import factories
from tests.live.test_socket import Listen, _close_connections_as_in_production, _person, listen  # noqa: F401
from tests.sharing.steps import allow, share
from workmail.accounts.actor import SYSTEM
from workmail.directory import services
from workmail.directory.models import Membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@database_sync_to_async
def _share(owner: Any, grantee: Any, level: str | None) -> None:
    share(owner, "inbox", grantee, level)


@database_sync_to_async
def _deliver(user: Any, role: str = "inbox") -> dict[str, Any]:
    message = factories.store_message(user, role=role)
    return {"collection": str(message.folder_id), "modseq": message.modseq}


async def test_a_shared_folder_is_heard_and_its_neighbours_are_not(listen: Listen) -> None:  # noqa: F811
    alice, bob, chloe = [await _person("example", name) for name in ("alice", "bob", "chloe")]
    await _share(alice, bob, Level.VIEWER)
    sockets = [await listen(person) for person in (bob, chloe)]
    await _deliver(alice, "archive")
    heard = await _deliver(alice)
    assert await sockets[0].receive_json_from(timeout=5) == heard
    assert await sockets[0].receive_nothing(timeout=0.5)
    assert await sockets[1].receive_nothing(timeout=0.1)


async def test_a_page_that_is_open_hears_of_a_new_share_and_of_its_end(listen: Listen) -> None:  # noqa: F811
    alice, bob = [await _person("example", name) for name in ("alice", "bob")]
    socket = await listen(bob)
    await _share(alice, bob, Level.VIEWER)
    assert await socket.receive_json_from(timeout=5) == {"shares": True}
    heard = await _deliver(alice)
    assert await socket.receive_json_from(timeout=5) == heard
    await _share(alice, bob, None)
    assert await socket.receive_json_from(timeout=5) == {"shares": True}
    await _deliver(alice)
    assert await socket.receive_nothing(timeout=0.5)


async def test_who_left_the_group_hears_nothing_more(listen: Listen) -> None:  # noqa: F811
    alice, bob = [await _person("example", name) for name in ("alice", "bob")]
    group = await database_sync_to_async(factories.make_group)(alice.organization, "team", members=[bob])
    await _share(alice, group, Level.VIEWER)
    socket = await listen(bob)
    heard = await _deliver(alice)
    assert await socket.receive_json_from(timeout=5) == heard
    membership = await database_sync_to_async(Membership.objects.get)(group=group)
    await database_sync_to_async(services.remove_member)(SYSTEM, membership)
    await asyncio.sleep(1.1)
    await _deliver(alice)
    assert await socket.receive_nothing(timeout=0.5)


async def test_full_access_hears_all_folders_and_no_address_book(listen: Listen) -> None:  # noqa: F811
    alice, bob = [await _person("example", name) for name in ("alice", "bob")]
    await database_sync_to_async(allow)(alice, bob, full_access=True)
    socket = await listen(bob)
    heard = await _deliver(alice, "archive")
    assert await socket.receive_json_from(timeout=5) == heard
    from mailapp.contacts import book

    await database_sync_to_async(lambda: book.open_book(factories.open_mailbox(alice)))()
    assert await socket.receive_nothing(timeout=0.5)
