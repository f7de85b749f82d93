"""A random life of a mailbox, and a perfect client that is told only what changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from mailapp.access import OpenFolder, OpenMailbox, folder_in
from mailapp.store import appending, flags, folders, moving
from mailapp.store.flags import FlagChange
from mailapp.store.models import Folder, Message
from workmail.changes.log import changes_since
from workmail.errors import WorkmailError

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Life:
    """Performs random operations on a mailbox, remembering the Message-IDs it has used."""

    mailbox: OpenMailbox
    random: Random
    message_ids: list[str] = field(default_factory=list)

    def folder(self) -> OpenFolder:
        pks = Folder.objects.filter(mailbox=self.mailbox.mailbox).order_by("uid").values_list("pk", flat=True)
        return folder_in(self.mailbox, self.random.choice(list(pks)))

    def some_uids(self, folder: OpenFolder) -> list[int]:
        uids = list(folder.messages.order_by("uid").values_list("uid", flat=True))
        return self.random.sample(uids, min(len(uids), self.random.randint(1, 4)))

    def append(self) -> None:
        number = self.random.randint(1, 3)
        sealed = [appending.seal(self.mailbox.keys, appending.prepare(self._raw()), internal_date=self._date())]
        for _ in range(number - 1):
            sealed.append(appending.seal(self.mailbox.keys, appending.prepare(self._raw()), internal_date=self._date()))
        appending.append(self.folder(), sealed)

    def change_flags(self) -> None:
        folder = self.folder()
        names = self.random.sample([*flags.FLAG_FIELDS, "$Important", "work"], 2)
        flag_change = FlagChange(set=frozenset(names[:1]), clear=frozenset(names[1:]))
        flags.change(folder, self.some_uids(folder), flag_change)

    def move(self) -> None:
        source = self.folder()
        moving.move(source, self.some_uids(source), self.folder())

    def copy(self) -> None:
        source = self.folder()
        moving.copy(source, self.some_uids(source), self.folder())

    def expunge(self) -> None:
        folder = self.folder()
        moving.expunge(folder, self.some_uids(folder))

    def change_tree(self) -> None:
        choice = self.random.randint(0, 3)
        try:
            if choice == 0:
                folders.create(self.mailbox, f"Folder {self.random.randint(1, 9)}", self.folder())
            elif choice == 1:
                folders.rename(self.folder(), f"Renamed {self.random.randint(1, 9)}")
            elif choice == 2:
                folders.move(self.folder(), self.folder())
            else:
                folders.delete(self.folder())
        except WorkmailError:
            pass  # a refusal must leave everything as it was, which the laws check

    def step(self) -> None:
        actions: list[Callable[[], None]] = [self.append, self.change_flags, self.move, self.copy, self.expunge]
        self.random.choices([*actions, self.change_tree], weights=[6, 4, 4, 2, 2, 2])[0]()

    def _date(self) -> datetime:
        return START + timedelta(seconds=self.random.randint(0, 3600 * 24 * 400))

    def _raw(self) -> bytes:
        message_id = f"<{self.random.getrandbits(64):x}@example.test>"
        fields = [f"Message-ID: {message_id}", "From: Alice <alice@example.test>", f"Subject: {self.random.random()}"]
        if self.message_ids and self.random.random() < 0.5:
            # Sometimes the parent arrives later, or never.
            parents = [self.random.choice(self.message_ids), f"<{self.random.randint(1, 40)}@example.test>"]
            fields.append(f"References: {' '.join(parents)}")
        if self.random.random() < 0.3:
            message_id = f"<{self.random.randint(1, 40)}@example.test>"
            fields[0] = f"Message-ID: {message_id}"
        self.message_ids.append(message_id)
        return ("\r\n".join(fields) + "\r\n\r\nHello\r\n").encode()


@dataclass
class Replica:
    """A client that keeps a copy of one folder by ``changes_since`` alone."""

    folder: OpenFolder
    modseq: int = 0
    held: dict[int, tuple] = field(default_factory=dict)

    def pull(self) -> None:
        delta = changes_since(self.folder.folder.collection, self.modseq)
        for gone in delta.deleted:
            del self.held[gone.uid]  # a tombstone for something never seen would be a fault
        for message in delta.created:
            assert message.uid not in self.held
            self.held[message.uid] = state_of(message)
        for message in delta.updated:
            assert message.uid in self.held
            self.held[message.uid] = state_of(message)
        self.modseq = delta.modseq


def state_of(message: Message) -> tuple:
    return (
        message.key,
        message.modseq,
        tuple(getattr(message, name) for name in flags.FLAG_FIELDS),
        tuple(message.keywords),
    )


def snapshot(folder: OpenFolder) -> dict[int, tuple]:
    return {message.uid: state_of(message) for message in folder.messages}


def tree_snapshot(mailbox: OpenMailbox) -> dict[UUID, tuple]:
    return {
        folder.pk: (folder.parent_id, bytes(folder.name), folder.modseq)
        for folder in Folder.objects.filter(mailbox=mailbox.mailbox)
    }
