"""The law of the open page: fed only by ``changes``, it ends up showing what a fresh page shows."""

from random import Random
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from mailapp.access import folder_in
from mailapp.store import flags, moving, queries
from mailapp.store.flags import FlagChange
from mailapp.store.models import Conversation
from mailapp.web import list_changes
from tests import factories
from tests.live.page_model import PageModel
from tests.store.steps import Life
from workmail.accounts import preferences
from workmail.changes.log import forget_tombstones

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def alice(db: None) -> Any:
    return factories.make_user(factories.make_organization("example", domain="example.test"), "alice")


@pytest.fixture
def client(alice: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def shown(model: PageModel) -> list[tuple]:
    return [(row["name"], row["order"], row["version"], row["class"], "flagged" in row) for row in model.rows()]


@pytest.mark.parametrize("show", ["", "unread", "flagged", "attachments"])
@pytest.mark.parametrize("in_conversations", [True, False])
@pytest.mark.parametrize("seed", range(2))
def test_a_page_fed_by_changes_shows_what_a_fresh_page_shows(
    alice: Any, client: Client, monkeypatch: pytest.MonkeyPatch, seed: int, in_conversations: bool, show: str
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 5)
    for reader in (queries.conversations, queries.messages):
        monkeypatch.setitem(reader.__kwdefaults__, "limit", 5)
    preferences.save(factories.actor_for(alice), alice, {"conversations": in_conversations})
    random = Random(f"{seed} {in_conversations} {show}")
    life = Life(factories.open_mailbox(alice), random)
    for _ in range(15):
        life.append()
    inbox = factories.open_folder(alice)
    models = [PageModel(client, inbox, show).load()]
    for _ in range(30):
        life.step()
        if random.random() < 0.15:
            models[0].load_more()
        if random.random() < 0.25:
            models[0].refresh()
        if random.random() < 0.05 and models[0].until:  # another page, that begins further down
            models.append(PageModel(client, inbox, show).load(after=models[0].until))
    for model in models:
        model.refresh()
        expected = fresh_rows(model, client, inbox)
        assert shown(model) == expected


def fresh_rows(model: PageModel, client: Client, inbox: Any) -> list[tuple]:
    """What a page that is loaded now shows of the same stretch."""
    fresh = PageModel(client, inbox, model.show).load(after=model.after)
    while fresh.until:
        fresh.load_more()
    lowest = bound_of(model)
    return [row for row in shown(fresh) if lowest is None or row[1] >= lowest]


def bound_of(model: PageModel) -> str | None:
    from mailapp.store.queries import Cursor
    from mailapp.web.rows import order_of

    if not model.until:
        return None
    cursor = Cursor.parse(model.until)
    return order_of(cursor.at, cursor.id)


def test_ordinary_changes_need_no_comparison(alice: Any, client: Client) -> None:
    """Comparing sends all names: it must stay the exception."""
    inbox = factories.open_folder(alice)
    messages = [factories.store_message(alice) for _ in range(6)]
    model = PageModel(client, inbox).load()
    flags.change(inbox, [messages[0].uid], FlagChange(set=frozenset({"is_flagged"})))
    factories.store_message(alice)
    moving.move(inbox, [messages[1].uid], factories.open_folder(alice, "archive"))
    model.refresh()
    assert model.compared == 0
    assert len(model.held) == 6


def test_a_conversation_that_joined_another_leaves_the_list(alice: Any, client: Client) -> None:
    """The message that links two conversations arrives last; no change number tells of the one that went."""
    inbox = factories.open_folder(alice)
    for number in (1, 2):
        factories.store_message(alice, factories.make_message_bytes(message_id=f"<{number}@example.org>"))
    model = PageModel(client, inbox).load()
    assert len(model.held) == 2
    link = factories.make_message_bytes(references=["<1@example.org>", "<2@example.org>"], message_id="<3@example.org>")
    factories.store_message(alice, link, role="archive")
    model.refresh()
    assert len(model.held) == Conversation.objects.filter(folder=inbox.folder).count() == 1


def test_what_was_deleted_for_ever_leaves_the_list(alice: Any, client: Client) -> None:
    inbox = factories.open_folder(alice)
    first = factories.store_message(alice, factories.make_message_bytes(message_id="<1@example.org>"))
    answer = factories.make_message_bytes(message_id="<2@example.org>", in_reply_to="<1@example.org>")
    factories.store_message(alice, answer)
    other = factories.store_message(alice)
    model = PageModel(client, inbox).load()
    moving.expunge(inbox, [first.uid, other.uid])
    model.refresh()
    assert shown(model) == shown(PageModel(client, inbox).load())
    assert len(model.held) == 1


def test_a_page_that_slept_past_the_horizon_catches_up(alice: Any, client: Client) -> None:
    inbox = factories.open_folder(alice)
    messages = [factories.store_message(alice) for _ in range(5)]
    model = PageModel(client, inbox).load()
    moving.expunge(inbox, [messages[0].uid])
    factories.store_message(alice)
    inbox.folder.collection.refresh_from_db()
    forget_tombstones(inbox.folder.collection, inbox.folder.collection.highest_modseq)
    model.refresh()
    assert model.compared == 1
    assert shown(model) == shown(PageModel(client, inbox).load())


def test_a_flood_of_changes_is_a_comparison(alice: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_changes, "MOST_CHANGES", 3)
    inbox = factories.open_folder(alice)
    model = PageModel(client, inbox).load()
    for _ in range(5):
        factories.store_message(alice)
    model.refresh()
    assert model.compared == 1
    assert len(model.held) == 5


def test_only_the_stretch_that_is_shown_is_sent(alice: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader in (queries.conversations, queries.messages):
        monkeypatch.setitem(reader.__kwdefaults__, "limit", 5)
    inbox = factories.open_folder(alice)
    messages = [factories.store_message(alice) for _ in range(12)]
    model = PageModel(client, inbox).load()
    flags.change(inbox, [message.uid for message in messages], FlagChange(set=frozenset({"is_seen"})))
    answer = client.get(
        f"/mail/{inbox.folder.pk}/changes/",
        {"since": model.modseq, "until": model.until},
        HTTP_ACCEPT="application/json",
    ).json()
    assert {row["name"] for row in answer["rows"]} == set(model.held)


def test_the_answer_carries_counts_title_and_who_wrote_last(alice: Any, client: Client) -> None:
    inbox = factories.open_folder(alice)
    model = PageModel(client, inbox).load()
    factories.store_message(alice, factories.make_message_bytes(from_="Tomás Herrera <tomas@example.org>"))
    answer = client.get(
        f"/mail/{inbox.folder.pk}/changes/", {"since": model.modseq}, HTTP_ACCEPT="application/json"
    ).json()
    assert (answer["arrived"], answer["arrived_from"]) == (1, "Tomás Herrera")
    assert answer["unread"] == 1
    assert answer["folders"][str(inbox.folder.pk)] == ["1", "1 unread"]
    assert answer["title"] == "Inbox (1)"


@pytest.mark.parametrize("since", ["", "x", "-1", "99999999999999999999999999"])
def test_a_number_that_is_none_is_refused(alice: Any, client: Client, since: str) -> None:
    inbox = factories.open_folder(alice)
    answer = client.get(f"/mail/{inbox.folder.pk}/changes/", {"since": since}, HTTP_ACCEPT="application/json")
    assert answer.status_code == 400


def test_a_cursor_of_nobody_is_refused_and_strange_names_are_not_held(alice: Any, client: Client) -> None:
    inbox = factories.open_folder(alice)
    factories.store_message(alice)
    url = f"/mail/{inbox.folder.pk}/changes/"
    assert client.get(url, {"since": 0, "until": "???"}, HTTP_ACCEPT="application/json").status_code == 400
    answer = client.post(url, {"held": "x:y,,:,a:zz"}, HTTP_ACCEPT="application/json").json()
    assert (len(answer["rows"]), answer["removed"]) == (1, [])


def test_folders_of_others_do_not_exist(client: Client) -> None:
    stranger = factories.make_user(factories.make_organization("other"), "mallory")
    folder = factories.open_folder(stranger).folder
    assert client.get(f"/mail/{folder.pk}/changes/", {"since": 0}, HTTP_ACCEPT="application/json").status_code == 404
    assert get_user_model().objects.count() >= 2
    assert folder_in(factories.open_mailbox(stranger), folder.pk)
