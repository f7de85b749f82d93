"""Telling the open pages of whoever a grant concerns. They ask for the rest with the rights they have then."""

from django.db import transaction

from mailapp.sharing import effective
from workmail.accounts import sessions
from workmail.changes import bell
from workmail.directory.models import Entity


def after_commit(grantee: Entity) -> None:
    people = effective.people_behind(grantee)

    def ring() -> None:
        for user_id in people:
            bell.ring_group(sessions.group_name(user_id), {"type": "shares.changed"})

    transaction.on_commit(ring, robust=True)
