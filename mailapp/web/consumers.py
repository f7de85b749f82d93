"""The live socket of an open page.

It says which collection is at which number and no more; the page then asks ``/changes`` with its own rights. So a
socket that is late, doubled or lost costs nothing but time.
"""

import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from mailapp import access
from workmail.accounts import sessions
from workmail.accounts.actor import Actor
from workmail.changes import bell
from workmail.errors import WorkmailError

SESSION_ENDED = 4401  # close code: sign in again, do not reconnect
SESSION_CHECK_SECONDS = 300.0
_LONGEST_FRAME = 200


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One page of one signed-in person, who hears about all collections of their own mailbox."""

    groups_joined: tuple[str, ...] = ()
    session_seen_at = 0.0

    async def connect(self) -> None:
        groups = await self._run(self._groups)
        if not groups:
            await self.close()  # before accepting: the handshake is answered with 403
            return
        for group in groups:
            await self.channel_layer.group_add(group, self.channel_name)
        self.groups_joined = groups
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
        await self.send_json({"collection": event["collection"], "modseq": event["modseq"]})

    async def job_changed(self, event: dict[str, Any]) -> None:
        """Some long work of this mailbox went on; the page asks how far."""
        await self.send_json({"job": event["job"]})

    async def session_revoked(self, event: dict[str, Any]) -> None:
        """Some session of this person ended; close if it was this one."""
        await self._close_if_ended()

    async def _close_if_ended(self) -> None:
        if not await self._run(sessions.is_alive, self.scope["session"].session_key):
            await self.close(code=SESSION_ENDED)

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
        return own, bell.group_name(mailbox.mailbox.sequence_id)

    async def _run(self, operation: Any, *arguments: object) -> Any:
        """Run on a database thread of its own: the default would put all pages behind one another."""
        return await database_sync_to_async(operation, thread_sensitive=False)(*arguments)
