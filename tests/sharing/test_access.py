"""The law of sharing: what is not granted is closed, through every operation that takes a handle."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox, Right
from mailapp.composing import drafts, kept, signatures, uploads
from mailapp.composing.drafts import Editor
from mailapp.composing.models import Signature
from mailapp.composing.state import Fields
from mailapp.contacts import book, suggestions
from mailapp.delivery import intake
from mailapp.rules import operations as rules
from mailapp.search import queries as searching
from mailapp.search import query, recent, saved
from mailapp.sharing.levels import ALL_RIGHTS, RIGHTS, Level
from mailapp.store import appending, flags, folders, moving, muting, queries, snoozing, usage
from mailapp.store.flags import FlagChange
from mailapp.store.models import Folder, Message
from mailapp.web import list_changes, navigation
from mailapp.web.list_changes import Stretch
from tests import factories
from tests.sharing.steps import allow, opened, share
from workmail.accounts.actor import SYSTEM
from workmail.directory import services
from workmail.directory.models import Membership
from workmail.errors import Forbidden, NotFound, WorkmailError

pytestmark = pytest.mark.django_db

# Each door of a folder with the rights it takes (RFC 4314).
DOORS: dict[str, tuple[str, Callable[[OpenFolder, Message], object]]] = {
    "list": ("r", lambda folder, message: queries.conversations(folder)),
    "messages": ("r", lambda folder, message: queries.messages(folder)),
    "rows": ("r", lambda folder, message: queries.conversation_rows(folder, [message.thread_id])),
    "changes": ("r", lambda folder, message: list_changes.changes(folder, Stretch(), 0)),
    "compare": ("r", lambda folder, message: list_changes.compare(folder, Stretch(), {})),
    "by key": ("r", lambda folder, message: queries.message(folder.mailbox, message.key)),
    "raw source": ("r", lambda folder, message: queries.raw(folder.mailbox, message)),
    "view": ("r", lambda folder, message: queries.view(folder.mailbox, message)),
    "mark read": ("s", lambda folder, message: flags.change(folder, [message.uid], FlagChange(frozenset({"is_seen"})))),
    "flag": ("w", lambda folder, message: flags.change(folder, [message.uid], FlagChange(frozenset({"is_flagged"})))),
    "keyword": ("w", lambda folder, message: flags.change(folder, [message.uid], FlagChange(frozenset({"Work"})))),
    "mark deleted": (
        "t",
        lambda folder, message: flags.change(folder, [message.uid], FlagChange(frozenset({"is_deleted"}))),
    ),
    "insert": ("i", lambda folder, message: _insert(folder)),
    "expunge": ("e", lambda folder, message: moving.expunge(folder, [message.uid])),
    "delete": ("te", lambda folder, message: moving.move(folder, [message.uid], access.deleted_for(folder))),
}

# What belongs to the mailbox as a whole: closed for whoever has a folder of it, at every level.
MAILBOX_DOORS: dict[str, Callable[[OpenMailbox], object]] = {
    "search": lambda mailbox: searching.search(mailbox, query.parse("hello")),
    "saved searches": saved.listed,
    "recent searches": recent.listed,
    "save a search": lambda mailbox: saved.save(mailbox, "Mine", "hello"),
    "tree": folders.tree,
    "new folder": lambda mailbox: folders.create(mailbox, "Mine"),
    "folder by need": lambda mailbox: folders.of_role(mailbox, Folder.Role.SNOOZED),
    "mute": lambda mailbox: muting.set_muted(mailbox, [uuid4()], muted=True),
    "contacts": book.open_book,
    "suggestions": lambda mailbox: suggestions.suggest(mailbox, "a"),
    "rules": rules.listed,
    "signatures": signatures.listed,
    "templates": lambda mailbox: kept.save(Signature, mailbox, {"name": "x"}, None),
    "save a draft": lambda mailbox: drafts.save(mailbox, uuid4(), Fields(subject="x"), Editor(uuid4())),
    "attach": lambda mailbox: uploads.attach(mailbox, uuid4(), "a.txt", b"a"),
    "send": lambda mailbox: intake.submit(mailbox, factories.make_message_bytes(), ["alice@example.test"]),
    "largest messages": usage.large_messages,
}


def _insert(folder: OpenFolder) -> object:
    prepared = appending.prepare(factories.make_message_bytes())
    return appending.append(folder, [appending.seal(folder.keys, prepared)])


@pytest.fixture
def message(alice: Any) -> Message:
    return factories.store_message(alice)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("level", Level)
def test_a_level_opens_exactly_the_doors_it_says(alice: Any, bob: Any, message: Message, level: str, door: str) -> None:
    folder = opened(bob, share(alice, "inbox", bob, level))
    needs, act = DOORS[door]
    if RIGHTS[level].issuperset(map(Right, needs)):
        act(folder, message)
    else:
        with pytest.raises(Forbidden):
            act(folder, message)


@pytest.mark.parametrize("door", MAILBOX_DOORS)
@pytest.mark.parametrize("level", Level)
def test_no_level_opens_the_mailbox(alice: Any, bob: Any, message: Message, level: str, door: str) -> None:
    folder = opened(bob, share(alice, "inbox", bob, level))
    with pytest.raises(Forbidden):
        MAILBOX_DOORS[door](folder.mailbox)


@pytest.mark.parametrize("door", DOORS)
def test_a_message_of_another_folder_stays_closed_with_the_handle_of_a_shared_one(
    alice: Any, bob: Any, door: str
) -> None:
    hidden = factories.store_message(alice, role="archive")
    mailbox = opened(bob, share(alice, "inbox", bob, Level.OWNER)).mailbox
    archive = OpenFolder(mailbox, factories.open_folder(alice, "archive").folder)  # as a forgotten check would make it
    with pytest.raises((Forbidden, NotFound)):
        DOORS[door][1](archive, hidden)
    with pytest.raises(NotFound):
        access.folder_in(mailbox, hidden.folder_id)
    with pytest.raises(NotFound):
        access.folder_by_role(mailbox, Folder.Role.ARCHIVE)
    with pytest.raises(NotFound):
        access.open_folder(factories.actor_for(bob), hidden.folder_id)
    with pytest.raises(NotFound):
        access.open_mailbox_of_message(factories.actor_for(bob), hidden.key)
    with pytest.raises(NotFound):
        access.open_mailbox(factories.actor_for(bob), mailbox.mailbox.pk)


def test_a_conversation_over_several_folders_shows_only_what_is_shared(alice: Any, bob: Any) -> None:
    first = factories.make_message_bytes(subject="Plan", message_id="<plan@example.org>")
    answer = factories.make_message_bytes(
        subject="Re: Plan", message_id="<answer@example.org>", in_reply_to="<plan@example.org>"
    )
    here, hidden = factories.store_message(alice, first), factories.store_message(alice, answer, role="archive")
    assert here.thread_id == hidden.thread_id
    folder = opened(bob, share(alice, "inbox", bob, Level.VIEWER))
    seen = queries.thread(folder.mailbox, here.thread_id, seen_from=folder.folder)
    assert [row.message.key for row in seen] == [here.key]
    own = factories.open_folder(alice)
    assert len(queries.thread(own.mailbox, here.thread_id, seen_from=own.folder)) == 2


def test_counts_tell_of_shared_folders_only(alice: Any, bob: Any, message: Message) -> None:
    folder = opened(bob, share(alice, "inbox", bob, Level.VIEWER))
    answer = navigation.counts(folder.mailbox)
    assert set(answer["folders"]) == {str(folder.folder.pk)}
    assert "unread" not in answer
    assert "tree" not in answer


def test_messages_move_between_shared_folders_and_nowhere_else(alice: Any, bob: Any, message: Message) -> None:
    inbox = opened(bob, share(alice, "inbox", bob, Level.EDITOR))
    with pytest.raises(NotFound):
        access.folder_in(inbox.mailbox, factories.open_folder(alice, "archive").folder.pk)
    share(alice, "archive", bob, Level.VIEWER)
    inbox = opened(bob, inbox)
    archive = access.folder_by_role(inbox.mailbox, Folder.Role.ARCHIVE)
    with pytest.raises(Forbidden):
        moving.move(inbox, [message.uid], archive)
    share(alice, "archive", bob, Level.CONTRIBUTOR)
    inbox = opened(bob, inbox)
    assert moving.move(inbox, [message.uid], access.folder_by_role(inbox.mailbox, Folder.Role.ARCHIVE)).uids
    own = factories.open_folder(bob)
    with pytest.raises(WorkmailError):
        moving.move(own, [1], archive)


def test_snoozing_in_a_shared_folder_is_refused_and_makes_no_folder(alice: Any, bob: Any, message: Message) -> None:
    folder = opened(bob, share(alice, "inbox", bob, Level.OWNER))
    with pytest.raises(Forbidden):
        snoozing.snooze(folder, [message.uid], timezone.now() + timedelta(hours=1))
    assert not Folder.objects.filter(role="snoozed").exists()


def test_what_is_deleted_goes_to_the_owners_deleted_which_stays_closed(alice: Any, bob: Any, message: Message) -> None:
    folder = opened(bob, share(alice, "inbox", bob, Level.EDITOR))
    deleted = access.deleted_for(folder)
    assert moving.move(folder, [message.uid], deleted).uids
    assert Message.objects.get(key=message.key).folder_id == factories.open_folder(alice, "deleted").folder.pk
    with pytest.raises(Forbidden):
        queries.conversations(deleted)
    with pytest.raises(NotFound):
        opened(bob, deleted)


# --- Who -----------------------------------------------------------------------------------------------------------


def test_nobody_else_comes_in(alice: Any, bob: Any, chloe: Any, stranger: Any) -> None:
    folder = share(alice, "inbox", bob, Level.OWNER)
    for somebody in (chloe, stranger, factories.administrator_of(alice.organization)):
        with pytest.raises(NotFound):
            opened(somebody, folder)
        with pytest.raises(NotFound):
            access.open_mailbox(factories.actor_for(somebody), folder.mailbox.mailbox.pk)


def test_a_grant_ends_at_once(alice: Any, bob: Any) -> None:
    folder = share(alice, "inbox", bob, Level.EDITOR)
    opened(bob, folder)
    share(alice, "inbox", bob, None)
    with pytest.raises(NotFound):
        opened(bob, folder)


def test_a_disabled_grantee_and_a_disabled_owner_end_it(alice: Any, bob: Any) -> None:
    folder = share(alice, "inbox", bob, Level.EDITOR)
    services.disable(SYSTEM, bob)
    bob.refresh_from_db()
    with pytest.raises(NotFound):
        opened(bob, folder)
    services.enable(SYSTEM, bob, "bob@example.test")
    bob.refresh_from_db()
    opened(bob, folder)
    services.disable(SYSTEM, alice)
    with pytest.raises(NotFound):
        opened(bob, folder)


@pytest.mark.parametrize("depth", [1, 3])
def test_members_of_a_group_have_what_it_has_and_lose_it_with_the_membership(
    organization: Any, alice: Any, bob: Any, depth: int
) -> None:
    innermost = group = factories.make_group(organization, "level-1", members=[bob])
    for number in range(2, depth + 1):
        group = factories.make_group(organization, f"level-{number}", members=[group])
    folder = share(alice, "inbox", group, Level.CONTRIBUTOR)
    assert opened(bob, folder).rights == RIGHTS[Level.CONTRIBUTOR]
    services.disable(SYSTEM, innermost)
    with pytest.raises(NotFound):
        opened(bob, folder)
    services.enable(SYSTEM, innermost, "level-1@example.test")
    opened(bob, folder)
    services.remove_member(SYSTEM, Membership.objects.get(group=innermost))
    with pytest.raises(NotFound):
        opened(bob, folder)


def test_of_two_grants_both_hold(organization: Any, alice: Any, bob: Any) -> None:
    group = factories.make_group(organization, "team", members=[bob])
    folder = share(alice, "inbox", bob, Level.VIEWER)
    share(alice, "inbox", group, Level.EDITOR)
    assert opened(bob, folder).rights == RIGHTS[Level.EDITOR]


def test_full_access_opens_everything_but_the_name(alice: Any, bob: Any, message: Message) -> None:
    allow(alice, bob, full_access=True)
    mailbox = access.open_mailbox(factories.actor_for(bob), factories.open_mailbox(alice).mailbox.pk)
    assert mailbox.rights == ALL_RIGHTS
    assert len(folders.tree(mailbox)) == 6
    with pytest.raises(Forbidden):
        intake.submit(mailbox, factories.make_message_bytes(from_="alice@example.test"), ["chloe@example.test"])


def test_sending_in_a_name_opens_no_mailbox(alice: Any, bob: Any) -> None:
    allow(alice, bob, send_as=True, send_on_behalf=True)
    with pytest.raises(NotFound):
        opened(bob, factories.open_folder(alice))


# --- Folders below ---------------------------------------------------------------------------------------------------


def test_folders_below_come_along_only_if_the_grant_says_so(alice: Any, bob: Any) -> None:
    mailbox, actor = factories.open_mailbox(alice), factories.actor_for(bob)
    top = folders.create(mailbox, "Projects")
    below = folders.create(mailbox, "House", folders.create(mailbox, "Berlin", top))
    from mailapp.sharing import granting

    granting.grant_folder(factories.actor_for(alice), top.folder.pk, bob, Level.VIEWER)
    with pytest.raises(NotFound):
        access.open_folder(actor, below.folder.pk)
    granting.grant_folder(factories.actor_for(alice), top.folder.pk, bob, Level.EDITOR, includes_subfolders=True)
    assert access.open_folder(actor, below.folder.pk).rights == RIGHTS[Level.EDITOR]
    later = folders.create(mailbox, "Garden", below)
    assert access.open_folder(actor, later.folder.pk).rights == RIGHTS[Level.EDITOR]
    folders.move(later, None)
    with pytest.raises(NotFound):
        access.open_folder(actor, later.folder.pk)


# --- What it costs -------------------------------------------------------------------------------------------------


def test_ones_own_folder_opens_with_two_statements(alice: Any, bob: Any, django_assert_num_queries: Any) -> None:
    share(alice, "inbox", bob, Level.OWNER)
    own = factories.open_folder(bob)
    with django_assert_num_queries(2):
        access.open_folder(factories.actor_for(bob), own.folder.pk)
    with django_assert_num_queries(1):
        assert access.open_own_mailbox(factories.actor_for(alice)).mailbox.may_see_shares is False
    assert access.open_own_mailbox(factories.actor_for(bob)).mailbox.may_see_shares is True


@pytest.mark.parametrize("count", [1, 8])
def test_a_shared_folder_opens_with_few_statements_however_much_is_shared(
    organization: Any, alice: Any, bob: Any, django_assert_max_num_queries: Any, count: int
) -> None:
    mailbox = factories.open_mailbox(alice)
    from mailapp.sharing import granting

    for number in range(count):
        made = folders.create(mailbox, f"Folder {number}")
        granting.grant_folder(factories.actor_for(alice), made.folder.pk, bob, "viewer", includes_subfolders=True)
        granting.grant_folder(
            factories.actor_for(alice), made.folder.pk, factories.make_group(organization, members=[bob]), "editor"
        )
    with django_assert_max_num_queries(5):
        assert access.open_folder(factories.actor_for(bob), made.folder.pk).rights == RIGHTS[Level.EDITOR]
