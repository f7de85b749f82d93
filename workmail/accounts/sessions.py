"""The session engine: Django's database sessions in our own table, under digests of their keys.

The row of a signed-in session is at the same time what the person sees in their list of sessions. Ending one deletes
its row and rings the group ``user.<id as 32 hexadecimal digits>`` with ``{"type": "session.revoked"}``. Whoever keeps
something open for a session (a WebSocket, later IMAP) joins that group, and on the message asks ``is_alive``.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from workmail.accounts.actor import Actor
from workmail.accounts.lockout import address_key
from workmail.accounts.models import Session
from workmail.audit import log as audit
from workmail.changes import bell
from workmail.directory.models import Entity, User

SEEN_EVERY = timedelta(minutes=1)


def row_key(session_key: str | None) -> str:
    """Return the primary key of the row: 160 bits of a digest, enough for keys that are random themselves."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Keeps rows under digests. ``row`` is the loaded row, which also says when the session was last seen."""

    row: Session | None = None
    client_address: str | None = None
    user_agent: str = ""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        self.row = Session.objects.filter(session_key=row_key(self.session_key), expire_date__gt=timezone.now()).first()
        if self.row is None:
            self._session_key = None
        return self.row

    async def _aget_session_from_db(self) -> Session | None:
        self.row = await Session.objects.filter(
            session_key=row_key(self.session_key), expire_date__gt=timezone.now()
        ).afirst()
        if self.row is None:
            self._session_key = None
        return self.row

    def exists(self, session_key: str) -> bool:
        return super().exists(row_key(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(row_key(session_key))

    def create_model_instance(self, data: dict) -> Session:
        self._get_or_create_session_key()
        return self._row(data, self.get_expiry_date())

    async def acreate_model_instance(self, data: dict) -> Session:
        await self._aget_or_create_session_key()
        return self._row(data, await self.aget_expiry_date())

    def _row(self, data: dict, expires_at: datetime) -> Session:
        key = row_key(self.session_key)
        row = self.row if self.row is not None and self.row.session_key == key else Session(session_key=key)
        row.session_data, row.expire_date = self.encode(data), expires_at
        user_id = data.get(SESSION_KEY)
        row.user_id = UUID(user_id) if user_id else None
        if row._state.adding:
            now = timezone.now()
            row.created_at, row.last_seen_at = now, now
            row.client_address, row.user_agent = self.client_address, self.user_agent[:300]
        self.row = row
        return row

    def delete(self, session_key: str | None = None) -> None:
        session_key = session_key or self.session_key
        if session_key is not None:
            Session.objects.filter(session_key=row_key(session_key)).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        session_key = session_key or self.session_key
        if session_key is not None:
            await Session.objects.filter(session_key=row_key(session_key)).adelete()


def is_alive(session_key: str | None) -> bool:
    """Say whether a session still belongs to somebody who may use it. For what stays open longer than a request."""
    if not session_key:
        return False
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user.is_active and not user.must_change_password


def note_seen(store: SessionStore, actor: Actor) -> None:
    """Remember that, and from where, the session is used; writes at most once a minute."""
    row = store.row
    now = timezone.now()
    if row is None or row.user_id is None or now - row.last_seen_at < SEEN_EVERY:
        return
    row.last_seen_at, row.client_address = now, actor.client_address
    row.user_agent = actor.user_agent[:300]
    Session.objects.filter(pk=row.pk).update(
        last_seen_at=now, client_address=row.client_address, user_agent=row.user_agent
    )


def sessions_of(user: User) -> list[Session]:
    """Return the living sessions of a user, the last used first."""
    return list(Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-last_seen_at")[:200])


def networks_of(user: User) -> set[str]:
    """Return from which networks the user's living sessions were last used."""
    living = Session.objects.filter(user=user, expire_date__gt=timezone.now())
    return {address_key(address) for address in living.values_list("client_address", flat=True) if address}


@transaction.atomic
def revoke(actor: Actor, user: User, session_ids: Collection[UUID]) -> int:
    """End some sessions of ``user``; return how many there were."""
    ended, _rows = Session.objects.filter(user=user, id__in=session_ids).delete()
    if ended:
        audit.record(actor, "session.revoke", user.addr_spec, organization_id=user.organization_id, sessions=ended)
        announce_revocation(user)
    return ended


def end_all(user: User, *, keep: SessionStore | None = None) -> int:
    """Delete the sessions of ``user``, all or all but one, inside the caller's transaction; return how many."""
    sessions = Session.objects.filter(user=user)
    if keep is not None and keep.session_key:
        sessions = sessions.exclude(session_key=row_key(keep.session_key))
    ended, _rows = sessions.delete()
    announce_revocation(user)
    return ended


def end_all_of_disabled(entity: Entity, **_signal: object) -> None:
    """Somebody disabled is out at once, on every open page too."""
    if user := User.objects.filter(pk=entity.pk).first():
        end_all(user)


def group_name(user_id: UUID) -> str:
    return f"user.{user_id.hex}"


def announce_revocation(user: User) -> None:
    """Let whatever is open for a session of ``user`` look whether it was its own that ended."""
    group = group_name(user.pk)

    def ring() -> None:
        bell.ring_group(group, {"type": "session.revoked"})

    transaction.on_commit(ring, robust=True)
