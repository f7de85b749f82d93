"""What the tests of sharing do again and again."""

from typing import Any

from mailapp import access
from mailapp.access import OpenFolder
from mailapp.sharing import granting
from mailapp.sharing.granting import Permissions
from tests import factories

JSON = {"headers": {"Accept": "application/json"}}


def share(owner: Any, role: str, grantee: Any, level: str | None, **options: Any) -> OpenFolder:
    """Share one of the owner's standard folders; returns it as the owner has it."""
    folder = factories.open_folder(owner, role)
    granting.grant_folder(factories.actor_for(owner), folder.folder.pk, grantee, level, **options)
    return folder


def allow(owner: Any, grantee: Any, *, by: Any = None, **permissions: bool) -> Any:
    return granting.grant_mailbox(factories.actor_for(by or owner), owner, grantee, Permissions(**permissions))


def opened(user: Any, folder: OpenFolder) -> OpenFolder:
    """Open the folder as somebody else."""
    return access.open_folder(factories.actor_for(user), folder.folder.pk)
