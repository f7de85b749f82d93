"""The page of results: conditions as tokens, problems in words, where was looked, the list beside what is open."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mailapp.search import queries, tasks
from tests import factories
from tests.mail_web.test_lists import subjects

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def search(alice: Any, browser_of_alice: Client) -> Any:
    def page(text: str, **query: str) -> str:
        tasks.index_pending()
        return browser_of_alice.get(reverse("mail:search"), {"q": text, **query}).content.decode()

    return page


def test_results_come_from_all_folders_and_say_which(alice: Any, search: Any) -> None:
    for role in ("inbox", "archive", "junk"):
        factories.store_message(alice, factories.make_message_bytes(subject=f"Pallet in {role}"), role=role)
    page = search("pallet")
    assert sorted(subjects(page)) == ["Pallet in archive", "Pallet in inbox"]
    assert '<span class="place">Archive</span>' in page
    assert "Searched everywhere but Junk and Deleted." in page
    wider = re.search(r'href="([^"]+)">Search there too', page).group(1)  # type: ignore[union-attr]
    assert "in%3Aanywhere" in wider
    assert len(subjects(search("pallet in:anywhere"))) == 3


def test_conditions_are_tokens_that_can_be_removed(alice: Any, search: Any) -> None:
    page = search('from:tomas has:attachment "two words"')
    assert page.count('<li class="chip">') == 3
    assert "Remove from:tomas" in page
    assert "q=has%3Aattachment" in page


def test_what_was_not_understood_is_said(alice: Any, search: Any) -> None:
    assert "does not go with “has:”" in search("has:elephant")


def test_nothing_found_offers_more_and_nothing_asked_explains(alice: Any, search: Any) -> None:
    page = search("from:luca has:attachment")
    assert "No messages match from:luca has:attachment." in page
    assert "Search all folders" in page
    assert "Write what you look for above" in search("")


def test_the_query_never_becomes_markup(alice: Any, search: Any) -> None:
    page = search('"><script>alert(1)</script>')
    assert "<script>alert" not in page


def test_an_open_result_keeps_the_results_beside_it(alice: Any, browser_of_alice: Client, search: Any) -> None:
    factories.store_message(alice, factories.make_message_bytes(subject="Pallet one"))
    message = factories.store_message(alice, factories.make_message_bytes(subject="Pallet two"), role="archive")
    page = search("pallet")
    url = reverse("mail:message", args=[message.folder_id, message.key])
    assert f"{url}?q=pallet" in page
    opened = browser_of_alice.get(f"{url}?q=pallet").content.decode()
    assert sorted(subjects(opened)) == ["Pallet one", "Pallet two"]
    assert "Show the whole conversation" in opened
    assert f'data-list-url="{reverse("mail:search")}?q=pallet"' in opened


def test_older_results_are_a_link_and_a_fragment(
    alice: Any, browser_of_alice: Client, search: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(queries.search.__kwdefaults__, "limit", 3)
    for number in range(7):
        factories.store_message(alice, factories.make_message_bytes(subject=f"Pallet {number}"))
    page, found = search("pallet"), []
    while True:
        found += subjects(page)
        link = re.search(r'data-more[^>]*><div><a[^>]* href="([^"]+)"', page)
        if not link:
            break
        page = browser_of_alice.get(f"{link.group(1).replace('&amp;', '&')}&part=rows").content.decode()
        assert "<html" not in page
    assert sorted(found) == [f"Pallet {number}" for number in range(7)]


@pytest.mark.parametrize("after", ["x", "9" * 40])
def test_a_cursor_of_nobody_is_refused(alice: Any, browser_of_alice: Client, after: str) -> None:
    assert browser_of_alice.get(reverse("mail:search"), {"q": "a", "after": after}).status_code == 400


def test_nobody_finds_the_mail_of_others(organization: Any, alice: Any, sign_in: Any, search: Any) -> None:
    factories.store_message(alice, factories.make_message_bytes(subject="Pallet"))
    assert subjects(search("pallet")) == ["Pallet"]
    other = sign_in(factories.make_user(organization, "bob"))
    assert subjects(other.get(reverse("mail:search"), {"q": "pallet in:anywhere"}).content.decode()) == []
