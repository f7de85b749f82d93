"""A person, and a kind of work that counts what it did in a folder, so that doing it twice would be seen."""

from collections.abc import Iterator
from typing import Any

import pytest

from mailapp.access import OpenMailbox
from mailapp.delivery import leases
from mailapp.jobs import kinds
from mailapp.jobs.kinds import Kind
from mailapp.jobs.progress import Progress
from mailapp.store import folders
from tests.factories import make_organization, make_user, open_mailbox


@pytest.fixture(autouse=True)
def _no_leases_left() -> Iterator[None]:
    """What a test left in the state after a crash is not renewed during the next one."""
    yield
    leases.keeper._leases.clear()


def make_folders(mailbox: OpenMailbox, parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Make a folder for each name: a second one of that name would be refused, so nothing can happen twice unseen."""
    names = parameters["names"]
    progress.set_total(len(names))
    for number in range(progress.cursor.get("next", 0), len(names)):
        folders.create(mailbox, names[number])
        progress.advance(1, next=number + 1)
    return {"made": len(names)}


@pytest.fixture
def making_folders() -> Iterator[list[str]]:
    """Register the kind; yields what its ``forget`` was called with."""
    forgotten: list[str] = []
    kinds.register(
        Kind(
            "make_folders",
            make_folders,
            title=lambda about: f"Make {about.get('what', 'folders')}",
            notice=lambda about, result: f"{result['made']} made.",
            forget=lambda job_id, parameters: forgotten.append(",".join(parameters.get("names", ["?"]))),
        )
    )
    yield forgotten
    kinds._kinds.pop("make_folders")


@pytest.fixture
def mailbox(db: None) -> OpenMailbox:
    return open_mailbox(make_user(make_organization("example", domain="example.test"), "alice"))
