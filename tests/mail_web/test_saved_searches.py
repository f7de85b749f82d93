"""Saving a search, opening it from the side pane, renaming and deleting it, and taking each back."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mailapp.search import saved
from mailapp.search.models import SavedSearch
from tests import factories
from tests.mail_web.steps import JSON, undo

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def names(user: Any) -> list[str]:
    return [kept.name for kept in saved.listed(factories.open_mailbox(user))]


def save(client: Client, name: str, text: str, **headers: str) -> Any:
    return client.post(reverse("mail:saved_search_create"), {"name": name, "q": text}, **JSON, **headers)


def pane(page: str) -> str:
    [found] = re.findall(r'<div data-fresh="search-saved">(.*?)</div>', page, re.DOTALL)
    return found


def test_a_saved_search_is_a_link_on_every_mail_page(alice: Any, browser_of_alice: Client) -> None:
    assert "Saved searches" not in pane(browser_of_alice.get("/mail/", follow=True).content.decode())
    answer = save(browser_of_alice, "Unpaid", "subject:invoice is:unread").json()
    assert answer["sentence"] == "Search saved as Unpaid."
    link = 'href="/mail/search/?q=subject%3Ainvoice+is%3Aunread"'
    for address in (
        reverse("mail:folder", args=[factories.open_folder(alice).folder.pk]),
        reverse("mail:folders"),
        reverse("mail:compose"),
        "/mail/search/?q=pallet",
    ):
        shown = pane(browser_of_alice.get(address, follow=True).content.decode())
        assert link in shown, address
        assert "aria-current" not in shown


def test_results_know_that_they_are_saved_however_it_was_typed(alice: Any, browser_of_alice: Client) -> None:
    page = browser_of_alice.get("/mail/search/?q=subject:invoice+is:unread").content.decode()
    assert "Save this search" in page
    save(browser_of_alice, "Unpaid", "subject:invoice is:unread")
    for text in ("subject:invoice is:unread", "objet:invoice  est:non-lu"):
        page = browser_of_alice.get("/mail/search/", {"q": text}).content.decode()
        assert 'tabindex="-1">Unpaid</h1>' in page
        assert "<title>Unpaid · " in page
        assert pane(page).count('aria-current="page"') == 1
        assert "Rename the search Unpaid" in page
        assert "Delete the search Unpaid" in page
        assert "Save this search" not in page


def test_everything_is_taken_back(alice: Any, browser_of_alice: Client) -> None:
    first = save(browser_of_alice, "Unpaid", "is:unread").json()
    kept = SavedSearch.objects.get()
    renamed = browser_of_alice.post(reverse("mail:saved_search_rename", args=[kept.pk]), {"name": "New"}, **JSON).json()
    assert renamed["sentence"] == "The search is now named New."
    assert undo(browser_of_alice, renamed["undo"]).status_code == 200
    assert names(alice) == ["Unpaid"]
    deleted = browser_of_alice.post(reverse("mail:saved_search_delete", args=[kept.pk]), **JSON).json()
    assert deleted["sentence"] == "Saved search Unpaid deleted."
    assert "Unpaid" not in deleted["undo"]
    assert names(alice) == []
    assert undo(browser_of_alice, renamed["undo"]).status_code == 409
    assert undo(browser_of_alice, deleted["undo"]).status_code == 200
    assert SavedSearch.objects.get().pk == kept.pk
    assert saved.get(factories.open_mailbox(alice), kept.pk).text == "is:unread"
    assert undo(browser_of_alice, deleted["undo"]).status_code == 409
    assert undo(browser_of_alice, first["undo"]).status_code == 200
    assert names(alice) == []


def test_an_undo_of_somebody_else_brings_nothing(organization: Any, browser_of_alice: Client, sign_in: Any) -> None:
    save(browser_of_alice, "Unpaid", "is:unread")
    kept = SavedSearch.objects.get()
    deleted = browser_of_alice.post(reverse("mail:saved_search_delete", args=[kept.pk]), **JSON).json()
    bob = sign_in(factories.make_user(organization, "bob"))
    assert undo(bob, deleted["undo"]).status_code == 404
    assert not SavedSearch.objects.exists()


def test_the_same_request_twice_saves_once(alice: Any, browser_of_alice: Client) -> None:
    first = save(browser_of_alice, "Unpaid", "is:unread", HTTP_IDEMPOTENCY_KEY="saving-once").json()
    second = save(browser_of_alice, "Unpaid", "is:unread", HTTP_IDEMPOTENCY_KEY="saving-once").json()
    assert first == second
    assert names(alice) == ["Unpaid"]


@pytest.mark.parametrize(("name", "text"), [("", "pallet"), ("Unpaid", ""), ("UNPAID", "pallet"), ("x" * 61, "pallet")])
def test_what_cannot_be_saved_says_why(alice: Any, browser_of_alice: Client, name: str, text: str) -> None:
    save(browser_of_alice, "Unpaid", "is:unread")
    answer = save(browser_of_alice, name, text)
    assert answer.status_code in (400, 409)
    assert answer.json()["message"].endswith(".")
    assert names(alice) == ["Unpaid"]


def test_without_script_all_of_it_is_forms(alice: Any, browser_of_alice: Client) -> None:
    form = browser_of_alice.get(reverse("mail:saved_searches"), {"q": "from:luca"}).content.decode()
    assert 'name="q" value="from:luca"' in form
    page = browser_of_alice.post(
        reverse("mail:saved_search_create"), {"name": "Luca", "q": "from:luca"}, follow=True
    ).content.decode()
    assert "Search saved as Luca." in page
    assert 'tabindex="-1">Luca</h1>' in page
    kept = SavedSearch.objects.get()
    page = browser_of_alice.post(
        reverse("mail:saved_search_rename", args=[kept.pk]),
        {"name": "From Luca", "next": reverse("mail:saved_searches")},
        follow=True,
    ).content.decode()
    assert "The search is now named From Luca." in page
    page = browser_of_alice.post(
        reverse("mail:saved_search_delete", args=[kept.pk]), {"next": reverse("mail:saved_searches")}, follow=True
    ).content.decode()
    assert "Saved search From Luca deleted." in page
    [token] = re.findall(r'action="(/mail/undo/\?undo=[^"]+)"', page)
    browser_of_alice.post(token.replace("&amp;", "&"))
    assert names(alice) == ["From Luca"]


def test_names_and_queries_never_become_markup(browser_of_alice: Client) -> None:
    save(browser_of_alice, "<script>alert(1)</script>", 'subject:"<img src=x>"')
    for address in (reverse("mail:saved_searches"), "/mail/search/?q=subject:%22<img+src=x>%22"):
        page = browser_of_alice.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
