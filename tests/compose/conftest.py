"""Somebody with a mailbox who writes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests import factories

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000"
    "000049454e44ae426082"
)


@pytest.fixture
def organization(db):
    return factories.make_organization("example", domain="example.test")


@pytest.fixture
def alice(organization):
    return factories.make_user(organization, "alice", display_name="Alice Martin", aliases=["sales"])


@pytest.fixture
def bob(organization):
    return factories.make_user(organization, "bob")


@pytest.fixture
def mailbox(alice):
    return factories.open_mailbox(alice)


class Writer:
    """An open page of the composer, as the operations see it."""

    def __init__(self, mailbox: Any, draft_id: UUID | None = None, revision: int = 0) -> None:
        self.mailbox = mailbox
        self.draft_id = draft_id or uuid4()
        self.editor_id = uuid4()
        self.revision = revision
        self.sequence = 0

    def fields(self, **values: Any) -> Any:
        from mailapp.composing.state import Fields

        return Fields(**({"to": "bob@example.test", "subject": "Lunch", "text": "Noon?", "is_plain": True} | values))

    def editor(self) -> Any:
        from mailapp.composing.drafts import Editor

        self.sequence += 1
        return Editor(self.editor_id, self.sequence, self.revision)

    def save(self, *, settle: bool = False, **values: Any) -> Any:
        from mailapp.composing import drafts

        draft = drafts.save(self.mailbox, self.draft_id, self.fields(**values), self.editor(), settle=settle)
        self.revision = draft.revision
        return draft

    def attach(self, name: str = "plan.pdf", octets: bytes = b"%PDF-1.7 plan", **options: Any) -> Any:
        from mailapp.composing import uploads

        return uploads.attach(self.mailbox, self.draft_id, name, octets, **options)

    def send(self, *, hold: int = 0, confirmed: tuple[str, ...] = (), **values: Any) -> Any:
        from mailapp.composing import sending

        return sending.send(
            self.mailbox,
            self.draft_id,
            self.fields(**values),
            self.editor(),
            hold=timedelta(seconds=hold),
            confirmed=confirmed,
        )

    def take_back(self) -> Any:
        from mailapp.composing import sending

        return sending.take_back(self.mailbox, self.draft_id)


@pytest.fixture
def writer(mailbox) -> Writer:
    return Writer(mailbox)


@pytest.fixture
def in_folder(mailbox) -> Callable[[str], list[Any]]:
    """Return the messages in one of the standard folders, parsed, oldest first."""

    def read(role: str) -> list[Any]:
        from mailapp import access
        from mailapp.mime.parse import parse
        from mailapp.store import queries

        folder = access.folder_by_role(mailbox, role)
        return [
            parse(queries.raw(mailbox, message))
            for message in folder.messages.select_related("content").order_by("uid")
        ]

    return read


@pytest.fixture
def raw_in(mailbox) -> Callable[[str], list[bytes]]:
    def read(role: str) -> list[bytes]:
        from mailapp import access
        from mailapp.store import queries

        folder = access.folder_by_role(mailbox, role)
        return [queries.raw(mailbox, message) for message in folder.messages.select_related("content").order_by("uid")]

    return read
