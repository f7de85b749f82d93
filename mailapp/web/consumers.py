"""The live socket of an open page.

It says which collection is at which number and no more; the page then asks ``/changes`` with its own rights. So a
socket that is late, doubled or lost costs nothing but time.

Of what others share it says only what the person may see at that moment: a bell of somebody else's mailbox is passed on
after looking once more, so the page of somebody who left the group falls silent.
"""

import time
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from mailapp import access
from mailapp.sharing import effective
from workmail.accounts import sessions
from workmail.accounts.actor import Actor
from workmail.changes import bell
from workmail.errors import WorkmailError

SESSION_ENDED = 4401  # close code: sign in again, do not reconnect
SESSION_CHECK_SECONDS = 300.0
SHARES_KNOWN_SECONDS = 1.0
_LONGEST_FRAME = 200


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One page of one signed-in person, who hears about all collections of their own mailbox, and shared folders."""

    groups_joined: tuple[str, ...] = ()
    owner = ""  # of the own mailbox's collections, as bells name it
    shared: dict[str, frozenset[str]]  # folders of others, by whoever their bells name
    session_seen_at = 0.0
    shares_seen_at = 0.0

    async def connect(self) -> None:
        self.shared = {}
        groups = await self._run(self._groups)
        if not groups:
            await self.close()  # before accepting: the handshake is answered with 403
            return
        await self._join(groups)
        # The session may have ended between the check and joining the group that would have said so.
        if not await self._run(sessions.is_alive, self.scope["session"].session_key):
            await self.close()
            return
        self.session_seen_at = time.monotonic()
        await self.accept()

    async def disconnect(self, code: int) -> None:
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: object) -> None:
        """A page sends nothing but ``ping``, by which it notices a connection that died without a word."""
        if text_data == "ping":
            if time.monotonic() - self.session_seen_at > SESSION_CHECK_SECONDS:
                self.session_seen_at = time.monotonic()
                await self._close_if_ended()  # revoking a session tells us; one that merely expires tells nobody
            await self.send_json({"pong": True})
        elif bytes_data or len(text_data or "") > _LONGEST_FRAME:
            await self.close()

    async def collection_changed(self, event: dict[str, Any]) -> None:
        if await self._may_hear(event):
            await self.send_json({"collection": event["collection"], "modseq": event["modseq"]})

    async def job_changed(self, event: dict[str, Any]) -> None:
        """Some long work of this mailbox went on; the page asks how far."""
        if event.get("owner", self.owner) == self.owner:
            await self.send_json({"job": event["job"]})

    async def shares_changed(self, event: dict[str, Any]) -> None:
        """What others share with this person is another now; the page asks for its side pane anew."""
        await self._look_at_shares()
        await self.send_json({"shares": True})

    async def session_revoked(self, event: dict[str, Any]) -> None:
        """Some session of this person ended; close if it was this one."""
        await self._close_if_ended()

    async def _close_if_ended(self) -> None:
        if not await self._run(sessions.is_alive, self.scope["session"].session_key):
            await self.close(code=SESSION_ENDED)

    async def _may_hear(self, event: dict[str, Any]) -> bool:
        owner = event.get("owner", self.owner)
        if owner == self.owner:
            return True
        if time.monotonic() - self.shares_seen_at > SHARES_KNOWN_SECONDS:
            await self._look_at_shares()
        return event["collection"] in self.shared.get(owner, ())

    async def _look_at_shares(self) -> None:
        groups = await self._run(self._groups)
        if groups:
            await self._join(groups)

    async def _join(self, groups: tuple[str, ...]) -> None:
        for group in set(groups) - set(self.groups_joined):
            await self.channel_layer.group_add(group, self.channel_name)
        for group in set(self.groups_joined) - set(groups):
            await self.channel_layer.group_discard(group, self.channel_name)
        self.groups_joined = groups

    def _groups(self) -> tuple[str, ...]:
        """Return what this page may hear; empty for a stranger."""
        user = self.scope["user"]
        if not user.is_authenticated or not user.is_active:
            return ()
        own = sessions.group_name(user.pk)
        try:
            mailbox = access.open_own_mailbox(Actor(user))
        except WorkmailError:
            return (own,)  # an administrator without a mailbox still has a session that can end
        self.owner = mailbox.mailbox.sequence_id.hex
        self.shared, self.shares_seen_at = {}, time.monotonic()
        if getattr(mailbox.mailbox, "may_see_shares", True):
            for shared, _share, folders in effective.shares_of(user.pk, user.organization_id):
                self.shared[shared.sequence_id.hex] = frozenset(str(folder.pk) for folder in folders)
        others = [bell.group_name(UUID(hex=owner)) for owner in self.shared]
        return own, bell.group_name(mailbox.mailbox.sequence_id), *others

    async def _run(self, operation: Any, *arguments: object) -> Any:
        """Run on a database thread of its own: the default would put all pages behind one another."""
        return await database_sync_to_async(operation, thread_sensitive=False)(*arguments)
