"""Folders: made, renamed, moved, deleted, emptied, each with its undo, by script and by plain forms."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mailapp import access
from mailapp.store import folders
from mailapp.store.models import Folder
from tests import factories
from tests.mail_web.steps import JSON, undo

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def names(user: Any) -> list[tuple[int, str]]:
    """The own folders of a person as the tree shows them: depth and name."""
    tree = folders.flat(folders.tree(factories.open_mailbox(user)))
    return [(node.depth, node.name) for node in tree if not node.folder.role]


def make(user: Any, name: str, parent: Any = None) -> Any:
    return folders.create(factories.open_mailbox(user), name, parent)


def send(client: Client, view: str, folder: Any = None, /, **data: str) -> Any:
    return client.post(reverse(f"mail:{view}", args=[folder.folder.pk] if folder else []), data, **JSON)


def test_making_a_folder_and_taking_it_back(alice: Any, browser_of_alice: Client) -> None:
    answer = send(browser_of_alice, "folder_create", name="  Hiring ").json()
    assert (answer["sentence"], answer["name"]) == ("Folder Hiring made.", "Hiring")
    assert names(alice) == [(0, "Hiring")]
    undo(browser_of_alice, answer["undo"])
    assert names(alice) == []


def test_a_folder_that_was_filled_meanwhile_is_not_taken_back(alice: Any, browser_of_alice: Client) -> None:
    answer = send(browser_of_alice, "folder_create", name="Hiring").json()
    make(alice, "Inside", access.folder_in(factories.open_mailbox(alice), answer["folder"]))
    assert undo(browser_of_alice, answer["undo"]).status_code == 409
    assert names(alice) == [(0, "Hiring"), (1, "Inside")]


@pytest.mark.parametrize("name", ["", " ", "a/b", "x" * 101, "a\0b", "Inbox", "Sent"])
def test_a_name_that_cannot_be_used_is_refused_in_words(alice: Any, browser_of_alice: Client, name: str) -> None:
    response = send(browser_of_alice, "folder_create", name=name)
    assert response.status_code in (400, 409)
    assert response.json()["message"].endswith(".")


def test_renaming_and_its_undo(alice: Any, browser_of_alice: Client) -> None:
    folder = make(alice, "Hiring")
    answer = send(browser_of_alice, "folder_rename", folder, name="People").json()
    assert "Hiring" not in answer["undo"]
    assert names(alice) == [(0, "People")]
    undo(browser_of_alice, answer["undo"])
    assert names(alice) == [(0, "Hiring")]


def test_moving_and_its_undo(alice: Any, browser_of_alice: Client) -> None:
    projects, hiring = make(alice, "Projects"), make(alice, "Hiring")
    answer = send(browser_of_alice, "folder_move", hiring, parent=str(projects.folder.pk)).json()
    assert answer["sentence"] == "Folder Hiring moved into Projects."
    assert names(alice) == [(0, "Projects"), (1, "Hiring")]
    undo(browser_of_alice, answer["undo"])
    assert names(alice) == [(0, "Hiring"), (0, "Projects")]
    assert send(browser_of_alice, "folder_move", projects, parent=str(projects.folder.pk)).status_code == 400


def test_deleting_moves_to_deleted_and_can_be_undone_even_when_the_name_was_taken_there(
    alice: Any, browser_of_alice: Client
) -> None:
    first = make(alice, "Hiring")
    send(browser_of_alice, "folder_delete", first)
    second = make(alice, "Hiring")
    answer = send(browser_of_alice, "folder_delete", second).json()
    assert names(alice) == [(1, "Hiring"), (1, "Hiring 2")]
    undo(browser_of_alice, answer["undo"])
    assert sorted(names(alice)) == [(0, "Hiring"), (1, "Hiring")]
    assert Folder.objects.get(pk=second.folder.pk).parent is None


def test_deleting_for_ever_must_be_asked_for(alice: Any, browser_of_alice: Client) -> None:
    folder = make(alice, "Hiring")
    send(browser_of_alice, "folder_delete", folder)
    assert send(browser_of_alice, "folder_delete", folder).status_code == 400
    answer = send(browser_of_alice, "folder_delete", folder, forever="1").json()
    assert answer["undo"] == ""
    assert names(alice) == []


def test_standard_folders_stay(alice: Any, browser_of_alice: Client) -> None:
    inbox = factories.open_folder(alice)
    for name, data in (("folder_rename", {"name": "Other"}), ("folder_move", {"parent": ""}), ("folder_delete", {})):
        assert send(browser_of_alice, name, inbox, **data).status_code in (400, 409)


@pytest.mark.parametrize("role", ["junk", "deleted"])
def test_emptying_asks_again_while_there_is_more(
    alice: Any, browser_of_alice: Client, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    from mailapp.web import folder_acts

    monkeypatch.setattr(folder_acts, "_EMPTIED_AT_ONCE", 2)
    for _ in range(5):
        factories.store_message(alice, role=role)
    folder, counts, more = factories.open_folder(alice, role), [], True
    while more:
        answer = send(browser_of_alice, "folder_empty", folder).json()
        counts.append(answer["count"])
        more = answer["more"]
    assert counts == [2, 2, 1]
    assert folder.messages.count() == 0


def test_a_plain_form_empties_all_at_once_with_the_folders_inside(alice: Any, browser_of_alice: Client) -> None:
    send(browser_of_alice, "folder_delete", make(alice, "Hiring"))
    for _ in range(3):
        factories.store_message(alice, role="deleted")
    deleted = factories.open_folder(alice, "deleted")
    browser_of_alice.post(reverse("mail:folder_empty", args=[deleted.folder.pk]))
    assert deleted.messages.count() == 0
    assert names(alice) == []


def test_other_folders_cannot_be_emptied(alice: Any, browser_of_alice: Client) -> None:
    factories.store_message(alice)
    assert send(browser_of_alice, "folder_empty", factories.open_folder(alice)).status_code == 400


def test_the_tree_and_the_page_of_forms_show_all_folders(alice: Any, browser_of_alice: Client) -> None:
    child = make(alice, "<b>Inside", make(alice, "Projects"))
    factories.store_message(alice)
    tree = browser_of_alice.get(reverse("mail:tree"), {"current": str(child.folder.pk)}).content.decode()
    assert "&lt;b&gt;Inside" in tree
    assert tree.count('aria-current="page"') == 1
    assert "1 unread" in tree
    page = browser_of_alice.get(reverse("mail:folders")).content.decode()
    assert page.count(reverse("mail:folder_rename", args=[child.folder.pk])) == 1
    response = browser_of_alice.post(reverse("mail:folder_create"), {"name": "Made by a form"}, follow=True)
    assert "Folder Made by a form made." in response.content.decode()


def test_counts_say_unread_for_most_and_all_for_drafts_and_junk(alice: Any, browser_of_alice: Client) -> None:
    factories.store_message(alice)
    factories.store_message(alice, is_seen=True)
    factories.store_message(alice, role="drafts", is_seen=True, is_draft=True)
    factories.store_message(alice, role="deleted")
    counts = browser_of_alice.get(reverse("mail:counts")).json()
    said = {
        role: counts["folders"][str(factories.open_folder(alice, role).folder.pk)]
        for role in ("inbox", "drafts", "deleted")
    }
    assert said == {"inbox": ["1", "1 unread"], "drafts": ["1", "1 message"], "deleted": ["", ""]}
    assert counts["unread"] == 1


def test_the_same_folder_is_made_once(alice: Any, browser_of_alice: Client) -> None:
    for _ in range(2):
        response = browser_of_alice.post(
            reverse("mail:folder_create"), {"name": "Hiring"}, HTTP_IDEMPOTENCY_KEY="make-folder-1", **JSON
        )
        assert response.status_code == 200
    assert names(alice) == [(0, "Hiring")]
