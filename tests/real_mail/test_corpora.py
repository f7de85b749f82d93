"""Real and hostile mail, end to end: all of it is stored, listed, opened, found and given out again, none lost.

The project's own messages stand in tests/corpus; those beside the checkout are read where that folder is.
"""

from collections.abc import Iterator
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mailapp.access import OpenFolder, OpenMailbox, open_own_mailbox
from mailapp.search import indexing
from mailapp.search.queries import search
from mailapp.search.query import parse as parse_query
from mailapp.store import queries
from mailapp.store.importing import operation, sources
from mailapp.store.models import Folder, Message
from tests import factories
from workmail.accounts.actor import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


@pytest.fixture
def alice(db: None) -> Any:
    return factories.make_user(factories.make_organization("example", domain="example.test"), "alice")


@pytest.fixture
def mailbox(alice: Any) -> OpenMailbox:
    return open_own_mailbox(Actor(alice))


@pytest.fixture
def browser(alice: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.mark.both_databases
def test_the_projects_own_mail(mailbox: OpenMailbox, browser: Client, corpus: Path, tmp_path: Path) -> None:
    check_all(mailbox, browser, as_tree(corpus.rglob("*.eml"), tmp_path))


@pytest.mark.corpus
def test_the_mail_beside_the_checkout(
    mailbox: OpenMailbox, browser: Client, shared_corpus: Path, tmp_path: Path
) -> None:
    found = [path for part in ("mail", "mail-filter") for path in (shared_corpus / part).rglob("*") if path.is_file()]
    messages = [path for path in found if path.suffix in (".eml", ".msg", ".txt", "") and path.name != "LICENSE"]
    assert len(messages) > 150
    check_all(mailbox, browser, as_tree(messages, tmp_path))


@pytest.mark.corpus
def test_the_invitations_beside_the_checkout(
    mailbox: OpenMailbox, browser: Client, shared_corpus: Path, tmp_path: Path
) -> None:
    for number, path in enumerate(sorted((shared_corpus / "invitations").rglob("*.ics"))):
        message = EmailMessage()
        message["From"], message["To"] = "stranger@elsewhere.test", "alice@example.test"
        message["Subject"] = f"Invitation {number}"
        message["Message-ID"] = f"<invitation-{number}@elsewhere.test>"
        message.set_content("An invitation.")
        message.add_attachment(path.read_bytes(), maintype="text", subtype="calendar", filename=path.name)
        (tmp_path / f"{number}.eml").write_bytes(message.as_bytes())
    check_all(mailbox, browser, tmp_path)


def as_tree(paths: Iterator[Path] | list[Path], folder: Path) -> Path:
    """Copy the messages into one folder, each once, as .eml files with the line ends of mail."""
    for path in paths:
        octets = sources.with_line_ends(path.read_bytes())
        if octets.strip():
            (folder / f"{sha256(octets).hexdigest()[:24]}.eml").write_bytes(octets)
    return folder


def check_all(mailbox: OpenMailbox, browser: Client, folder: Path) -> None:
    paths = sorted(folder.glob("*.eml"))
    operation.run(mailbox, sources.open_source(folder))
    operation.run(mailbox, sources.open_source(folder))  # a second run adds nothing
    messages = list(Message.objects.filter(mailbox=mailbox.mailbox).select_related("content", "folder"))
    wanted = {sources.with_line_ends(path.read_bytes()) for path in paths}
    assert {queries.raw(mailbox, message) for message in messages} == wanted
    assert len(messages) == len(wanted)
    while indexing.index_pending(mailbox.mailbox.pk):
        pass
    assert not Message.objects.filter(is_indexed=False).exists()
    assert listed(mailbox, browser) == {message.pk for message in messages}
    for message in messages:
        check_one(mailbox, browser, message)


def listed(mailbox: OpenMailbox, browser: Client) -> set[int]:
    """Page through every folder, as a page and as rows, and return the messages that were shown."""
    found: set[int] = set()
    for folder in Folder.objects.filter(mailbox=mailbox.mailbox).select_related("collection"):
        assert browser.get(f"/mail/{folder.pk}/").status_code == 200
        cursor = None
        while True:
            page = queries.messages(OpenFolder(mailbox, folder), after=cursor)
            found |= {row.message.pk for row in page.rows}
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
            assert browser.get(f"/mail/{folder.pk}/?after={cursor}").status_code == 200
    return found


def check_one(mailbox: OpenMailbox, browser: Client, message: Message) -> None:
    base = f"/mail/m/{message.key}"
    for path in (
        f"/mail/{message.folder_id}/m/{message.key}/",
        f"/mail/{message.folder_id}/c/{message.thread_id}/",
        f"{base}/body/",
        f"{base}/source/",
    ):
        response = browser.get(path)
        assert response.status_code == 200, (path, message.pk, response.status_code)
    view = queries.view(mailbox, message)
    for attachment in view.attachments:
        response = browser.get(f"{base}/part/{attachment.number}/file")
        assert response.status_code in (200, 301, 302), (attachment.number, message.pk, response.status_code)
    assert finds(mailbox, message), f"message {message.pk} is not found by what it says"


def finds(mailbox: OpenMailbox, message: Message) -> bool:
    """Search for the subject's or the sender's longest word; what has no word at all need not be found."""
    [row] = queries.message_rows(mailbox, [message])
    text = " ".join([row.summary.subject, row.summary.preview, *(p.addr_spec for p in row.summary.from_)])
    words = sorted({word for word in text.split() if word.isalpha() and word.isascii()}, key=len, reverse=True)
    if not words:
        return True
    for word in words[:3]:
        cursor = None
        while True:
            page = search(mailbox, parse_query(f'in:anywhere "{word}"'), after=cursor)
            if any(found.message.pk == message.pk for found in page.messages):
                return True
            cursor = page.next_cursor
            if cursor is None:
                break
    return False
