"""Importing mail: everything arrives, once, with its flags, dates and folders, however often it is tried."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mailapp import access
from mailapp.store import folders, queries
from mailapp.store.importing import mbox, operation, sources
from mailapp.store.models import Folder, Mailbox, Message
from tests.factories import make_organization, make_user, open_mailbox


def raw(subject: str, *, body: str = "Text", date: str = "Mon, 02 Nov 2026 09:30:00 +0000") -> bytes:
    return f"From: a@example.org\nSubject: {subject}\nDate: {date}\nMessage-ID: <{subject}@x>\n\n{body}\n".encode()


MBOX = b"\n".join(
    [
        b"From a@example.org Mon Nov  2 09:30:00 2026\nStatus: RO\nX-Status: F\n"
        + raw("one", body="before\n\n>From here\nafter"),
        b"From - Tue Nov 03 10:00:00 2026\nX-Mozilla-Status: 0002\n"
        + raw("two", body="x\n\nFrom now on nothing changes.\n"),
        b"From a@example.org Wed Nov  4 11:00:00 2026\n" + raw("three"),
    ]
)


def test_an_mbox_is_cut_where_messages_begin():
    found = list(mbox.messages(io.BytesIO(MBOX), longest=10_000))
    assert [m.received_at.day for m in found] == [2, 3, 4]
    assert b"before\n\nFrom here\nafter\n" in found[0].raw
    assert found[1].raw.endswith(b"From now on nothing changes.\n\n")
    assert found[2].raw == raw("three")
    assert found[-1].end == len(MBOX)


@pytest.mark.parametrize(
    "octets", [b"", b"no mbox\n", b"From \n", b"From x\n\nFrom y\n", b"\n\n\nFrom a b 10:00 2026\n"]
)
def test_a_strange_mbox_is_read_to_its_end(octets: bytes):
    list(mbox.messages(io.BytesIO(octets), longest=100))


def test_an_endless_message_takes_no_endless_memory():
    lines = (b"From a b 10:00 2026\n", *(b"x" * 100 + b"\n" for _ in range(1_000)))
    (found,) = mbox.messages(io.BytesIO(b"".join(lines)), longest=500)
    assert len(found.raw) <= 500


@pytest.fixture
def mailbox(db: None) -> access.OpenMailbox:
    return open_mailbox(make_user(make_organization("example", domain="example.test"), "alice"))


def imported(path: Path) -> str:
    output = io.StringIO()
    call_command("import_mail", "alice@example.test", str(path), stdout=output, stderr=io.StringIO())
    return output.getvalue().strip()


def subjects(mailbox: access.OpenMailbox) -> dict[str, list[str]]:
    """Return what each folder holds, by its path."""
    found: dict[str, list[str]] = {}
    names = {node.folder.pk: node for node in folders.flat(folders.tree(mailbox))}
    for message in Message.objects.filter(mailbox=mailbox.mailbox).order_by("folder", "uid"):
        path, folder = [], names[message.folder_id].folder
        while folder is not None:
            path.insert(0, folder.role or names[folder.pk].name)
            folder = names[folder.parent_id].folder if folder.parent_id else None
        summary = queries.message_rows(mailbox, [message])[0].summary
        found.setdefault("/".join(path), []).append(summary.subject)
    return found


def test_an_mbox_is_imported_with_flags_and_dates(mailbox: access.OpenMailbox, tmp_path: Path):
    (tmp_path / "old.mbox").write_bytes(MBOX)
    assert imported(tmp_path / "old.mbox") == "3 messages imported, 0 were there already, 0 skipped."
    one, two, three = Message.objects.order_by("uid")
    assert (one.is_seen, one.is_flagged, one.internal_date) == (True, True, datetime(2026, 11, 2, 9, 30, tzinfo=UTC))
    assert (two.is_seen, two.is_answered) == (False, True)
    assert three.is_seen
    assert subjects(mailbox) == {"inbox": ["one", "two", "three"]}
    octets = queries.raw(mailbox, three)
    assert octets == raw("three").replace(b"\n", b"\r\n")


def test_a_second_run_adds_only_what_is_new(mailbox: access.OpenMailbox, tmp_path: Path):
    (tmp_path / "old.mbox").write_bytes(MBOX)
    imported(tmp_path / "old.mbox")
    (tmp_path / "old.mbox").write_bytes(MBOX + b"\nFrom a@example.org Thu Nov  5 11:00:00 2026\n" + raw("four"))
    assert imported(tmp_path / "old.mbox") == "1 messages imported, 3 were there already, 0 skipped."
    assert Message.objects.count() == 4


def test_a_message_that_stands_twice_is_imported_twice_and_never_more(mailbox: access.OpenMailbox, tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.eml").write_bytes(raw("same"))
    for _ in range(2):
        imported(tmp_path)
        assert subjects(mailbox) == {"a": ["same"], "b": ["same"]}


def test_a_stopped_import_goes_on_where_it_was(mailbox: access.OpenMailbox, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(operation, "_BATCH_MESSAGES", 2)
    for number in range(7):
        (tmp_path / f"{number}.eml").write_bytes(raw(f"s{number}"))

    def stop(outcome: operation.Outcome, done: int) -> None:
        if outcome.imported == 4:
            raise KeyboardInterrupt

    source = sources.open_source(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        operation.run(mailbox, source, progress=stop)
    assert Message.objects.count() == 4
    outcome = operation.run(mailbox, source)
    assert (outcome.imported, outcome.known) == (3, 4)
    assert subjects(mailbox) == {"inbox": [f"s{number}" for number in range(7)]}


def test_a_maildir_keeps_its_flags_folders_and_dates(mailbox: access.OpenMailbox, tmp_path: Path):
    def put(folder: str, name: str, subject: str) -> None:
        place = tmp_path / folder
        for part in ("cur", "new", "tmp"):
            (place / part).mkdir(parents=True, exist_ok=True)
        path = place / ("cur" if ":" in name else "new") / name
        path.write_bytes(raw(subject))
        os.utime(path, (1_700_000_000, 1_700_000_000))

    put("", "1.host:2,FRS", "one")
    put("", "2.host", "two")
    put("", "3.host:2,DPT", "three")
    put(".Sent", "4.host:2,S", "four")
    put(".Projects.&BB8EQAQ+BDUEOgRC-", "5.host:2,S", "five")
    put("nested", "6.host:2,S", "six")
    (tmp_path / "cur" / "dovecot.index").write_bytes(b"")
    (tmp_path / "dovecot-uidlist").write_bytes(b"3 V1 N2\n")
    assert imported(tmp_path) == "6 messages imported, 0 were there already, 1 skipped."
    found = subjects(mailbox)
    assert {name: sorted(there) for name, there in found.items()} == {
        "inbox": ["one", "three", "two"],
        "sent": ["four"],
        "Projects/Проект": ["five"],
        "nested": ["six"],
    }
    one = Message.objects.get(is_flagged=True)
    assert (one.is_seen, one.is_answered, one.internal_date.year) == (True, True, 2023)
    three = Message.objects.get(is_draft=True)
    assert (three.is_deleted, three.is_forwarded, three.is_seen) == (True, True, False)
    assert Folder.objects.get(mailbox=mailbox.mailbox, role="inbox").unread_count == 2


def test_a_tree_takes_what_looks_like_mail_and_leaves_the_rest(mailbox: access.OpenMailbox, tmp_path: Path):
    (tmp_path / "Trash").mkdir()
    (tmp_path / "Local.sbd").mkdir()
    (tmp_path / "Trash" / "gone.eml").write_bytes(raw("gone"))
    (tmp_path / "message").write_bytes(raw("without name"))
    (tmp_path / "README.md").write_bytes(b"# Read me\n")
    (tmp_path / "event.ics").write_bytes(b"BEGIN:VCALENDAR\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "broken.eml").write_bytes(b"\xff\xfe no header, only octets \x00")
    (tmp_path / "empty.eml").write_bytes(b"")
    (tmp_path / "Local.sbd" / "Old").write_bytes(MBOX)
    (tmp_path / "link.eml").symlink_to("/etc/passwd")
    assert imported(tmp_path) == "6 messages imported, 0 were there already, 1 skipped."
    assert subjects(mailbox) == {
        "inbox": ["", "without name"],
        "deleted": ["gone"],
        "Local/Old": ["one", "two", "three"],
    }


@pytest.mark.parametrize("date", ["Mon, 01 Jan 1900 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 +0000", "nonsense", ""])
def test_a_date_that_nobody_believes_becomes_today(mailbox: access.OpenMailbox, tmp_path: Path, date: str):
    (tmp_path / "a.eml").write_bytes(raw("old", date=date))
    imported(tmp_path)
    assert Message.objects.get().internal_date.date() == datetime.now(UTC).date()


def test_a_folder_name_that_cannot_be_is_made_one(mailbox: access.OpenMailbox, tmp_path: Path):
    names = ["x" * 200, "tab\tname", " "]
    for number, name in enumerate(names):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.eml").write_bytes(raw(f"s{number}"))
    deep = tmp_path / "/".join("d" for _ in range(30))
    deep.mkdir(parents=True)
    (deep / "a.eml").write_bytes(raw("deep"))
    assert imported(tmp_path).startswith("4 messages imported")


def test_a_full_mailbox_stops_the_import_and_keeps_what_fits(mailbox: access.OpenMailbox, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(operation, "_BATCH_MESSAGES", 1)
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(raw(f"s{number}"))
    Mailbox.objects.filter(pk=mailbox.mailbox.pk).update(quota_bytes=2 * len(raw("s0")) + 50)
    with pytest.raises(CommandError, match="full"):
        imported(tmp_path)
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    "user, path, sentence", [("nobody@example.test", ".", "no mailbox"), ("alice", "missing", "nothing at")]
)
def test_what_is_not_there_is_said(mailbox: access.OpenMailbox, user: str, path: str, sentence: str):
    with pytest.raises(CommandError, match=sentence):
        call_command("import_mail", user, path)
