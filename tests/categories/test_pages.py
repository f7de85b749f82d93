"""Giving categories in lists and in what is open, and the page that makes them; with and without script."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mailapp.categories import operations, shelf
from mailapp.store.models import Message
from tests import factories
from tests.mail_web.steps import JSON, act, state_of, undo
from tests.mail_web.test_reading import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(alice: Any) -> Any:
    return factories.open_mailbox(alice)


@pytest.fixture
def work(mailbox: Any) -> Any:
    return operations.create(mailbox, "Work <b>", "blue")


def listed(client: Client, alice: Any) -> str:
    return client.get(reverse("mail:folder", args=[factories.open_folder(alice).folder.pk])).content.decode()


def test_a_conversation_gets_a_category_and_loses_it_again(
    browser_of_alice: Client, alice: Any, mailbox: Any, work: Any
) -> None:
    message = factories.store_message(alice)
    folder = factories.open_folder(alice)
    before = state_of(mailbox)
    answer = act(browser_of_alice, folder, "categorize", thread=str(message.thread_id), category=str(work.id)).json()
    assert answer["sentence"] == "1 conversation put into the category Work <b>."
    assert Message.objects.get(pk=message.pk).keywords == [work.keyword]
    html = listed(browser_of_alice, alice)
    assert 'class="cat blue"' in html
    assert "Work &lt;b&gt;</span>" in html
    assert undo(browser_of_alice, answer["undo"]).status_code == 200
    assert state_of(mailbox) == before
    act(browser_of_alice, folder, "categorize", message=str(message.key), category=str(work.id))
    answer = act(browser_of_alice, folder, "uncategorize", message=str(message.key), category=str(work.id)).json()
    assert answer["sentence"] == "1 message taken out of the category Work <b>."
    assert Message.objects.get(pk=message.pk).keywords == []


def test_the_row_of_a_conversation_shows_the_categories_of_its_messages(
    browser_of_alice: Client, alice: Any, work: Any
) -> None:
    first = factories.make_message_bytes(message_id="<one@example.org>")
    factories.store_message(alice, first, keywords=(work.keyword,))
    factories.store_message(alice, factories.make_message_bytes(in_reply_to="<one@example.org>"))
    assert 'class="cat blue"' in listed(browser_of_alice, alice)


def test_all_of_a_list_is_put_into_a_category_in_batches_that_end(
    browser_of_alice: Client, alice: Any, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailapp.web import acting

    monkeypatch.setattr(acting, "_THREADS_IN_A_BATCH", 2)
    for _ in range(5):
        message = factories.store_message(alice)
    folder = factories.open_folder(alice)
    everything = {"everything": "1", "modseq": str(message.modseq), "in": "threads", "category": str(work.id)}
    for _ in range(10):
        answer = act(browser_of_alice, folder, "categorize", **everything).json()
        if not answer["more"]:
            break
    assert all(each.keywords == [work.keyword] for each in Message.objects.filter(folder=folder.folder))
    assert not answer["more"]


def test_without_script_a_button_of_the_open_message_gives_and_takes(
    browser_of_alice: Client, alice: Any, work: Any
) -> None:
    message = factories.store_message(alice)
    html = read(browser_of_alice, message)
    assert f'name="categorize" value="{work.id}"' in html
    act_url = reverse("mail:act", args=[message.folder_id])
    browser_of_alice.post(act_url, {"message": str(message.key), "categorize": str(work.id)})
    html = read(browser_of_alice, message)
    assert f'name="uncategorize" value="{work.id}"' in html
    assert re.search(r'<span class="cats" data-cats><a class="cat blue"[^>]+>Work &lt;b&gt;</a></span>', html)
    browser_of_alice.post(act_url, {"message": str(message.key), "uncategorize": str(work.id)})
    assert Message.objects.get(pk=message.pk).keywords == []


def test_the_page_makes_changes_and_deletes_and_each_is_taken_back(browser_of_alice: Client, mailbox: Any) -> None:
    def names() -> list[tuple[str, str]]:
        return [(each.name, each.colour) for each in shelf.read(mailbox).categories]

    page = browser_of_alice.post(reverse("mail:category_create"), {"name": "Travel", "colour": "amber"}, follow=True)
    assert "Category Travel made." in page.content.decode()
    [made] = shelf.read(mailbox).categories
    change = reverse("mail:category_change", args=[made.id])
    answer = browser_of_alice.post(change, {"name": "Trips", "colour": "green"}, **JSON).json()
    assert names() == [("Trips", "green")]
    assert undo(browser_of_alice, answer["undo"]).status_code == 200
    assert names() == [("Travel", "amber")]
    answer = browser_of_alice.post(reverse("mail:category_delete", args=[made.id]), **JSON).json()
    assert names() == []
    assert undo(browser_of_alice, answer["undo"]).status_code == 200
    assert names() == [("Travel", "amber")]
    again = browser_of_alice.post(reverse("mail:category_create"), {"name": "travel"})
    assert again.status_code in (400, 409, 422)
    assert "There is a category of this name already." in again.content.decode()
    assert 'value="travel"' in again.content.decode()


def test_the_menu_is_told_what_there_is(browser_of_alice: Client, alice: Any, work: Any) -> None:
    folder = factories.open_folder(alice).folder.pk
    answer = browser_of_alice.get(reverse("mail:category_choices"), {"folder": str(folder)}).json()
    assert answer["categories"] == [
        {"id": str(work.id), "name": "Work <b>", "keyword": work.keyword, "css": "cat blue"}
    ]


def test_strangers_neither_see_nor_use_the_categories_of_others(
    sign_in: Callable[..., Client], alice: Any, organization: Any, work: Any
) -> None:
    colleague = factories.make_user(organization, "bob")
    foreigner = factories.make_user(factories.make_organization("other", domain="other.test"), "eve")
    folder = factories.open_folder(alice)
    message = factories.store_message(alice)
    for user in (colleague, foreigner):
        client = sign_in(user)
        assert client.get(reverse("mail:category_choices"), {"folder": str(folder.folder.pk)}).status_code == 404
        assert client.get(reverse("mail:category_choices")).json() == {"categories": []}
        assert client.post(reverse("mail:category_delete", args=[work.id]), **JSON).status_code == 404
        assert client.post(reverse("mail:category_change", args=[work.id]), {"name": "x", "colour": "teal"}, **JSON)
        assert act(client, folder, "categorize", message=str(message.key), category=str(work.id)).status_code == 404
        own = factories.store_message(user)
        mine = factories.open_folder(user)
        assert act(client, mine, "categorize", message=str(own.key), category=str(work.id)).status_code == 404
    assert shelf.read(factories.open_mailbox(alice)).categories[0].name == "Work <b>"
    assert Message.objects.get(pk=message.pk).keywords == []


@pytest.mark.django_db(transaction=True)
def test_a_list_asks_for_the_categories_once_and_then_no_more(browser_of_alice: Client, alice: Any, work: Any) -> None:
    for _ in range(3):
        factories.store_message(alice, keywords=(work.keyword,))

    def asked() -> int:
        with CaptureQueriesContext(connection) as counted:
            listed(browser_of_alice, alice)
        return sum("categories_category" in each["sql"] for each in counted.captured_queries)

    listed(browser_of_alice, alice)
    assert asked() == 0
    operations.create(factories.open_mailbox(alice), "Another")
    assert asked() == 1
    assert asked() == 0


def test_a_rule_picks_from_the_categories(browser_of_alice: Client, work: Any) -> None:
    html = browser_of_alice.get(reverse("mail:rule_new")).content.decode()
    assert '<input type="checkbox" name="categorize" value="Work &lt;b&gt;">' in html
    data = {"match": "any", "c-0-test": "subject:contains", "c-0-values": "x", "categorize": ["Work <b>", "New one"]}
    html = browser_of_alice.post(reverse("mail:rule_new"), data, follow=True).content.decode()
    assert "give the category Work &lt;b&gt; and give the category New one" in html
