"""The page of results: conditions as tokens, problems in words, where was looked, the list beside what is open."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from mailapp.search import queries, recent, tasks
from mailapp.store import folders
from tests import factories
from tests.mail_web.test_lists import subjects
from workmail.accounts import preferences

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
    assert "Search all folders" not in search("pallet in:anywhere")
    assert sorted(subjects(page)) == ["Pallet in archive", "Pallet in inbox"]
    assert '<span class="place">Archive</span>' in page
    assert "Searched everywhere but Junk and Deleted." in page
    wider = re.search(r'href="([^"]+)">Search all folders', page).group(1)  # type: ignore[union-attr]
    assert "in%3Aanywhere" in wider
    assert len(subjects(search("pallet in:anywhere"))) == 3


def test_a_search_in_one_folder_says_so_and_offers_all_others(alice: Any, search: Any) -> None:
    factories.store_message(alice, factories.make_message_bytes(subject="Pallet"))
    page = search("pallet in:inbox")
    assert "Searched in Inbox." in page
    assert 'href="/mail/search/?q=pallet+in%3Aanywhere">Search all folders' in page
    page = search("pallet in:archive")
    assert "No messages match pallet in Archive." in page
    assert 'href="/mail/search/?q=pallet+in%3Aanywhere">Search all folders' in page
    assert "Searched all folders, Junk and Deleted too." in search("pallet in:anywhere")
    assert "Searched where you asked." in search("pallet (in:archive OR in:inbox)")


def test_a_token_knows_where_its_value_stands_in_the_field(alice: Any, search: Any) -> None:
    page = search('🙂 -subject:"two words" from:a OR from:b in:archive')
    [text] = re.findall(r'data-search-text="([^"]*)"', page)
    text = unescape(text)
    places = [(int(a), int(b)) for a, b in re.findall(r'data-start="(\d+)" data-end="(\d+)"', page)]
    as_script = text.encode("utf-16-le")
    values = [as_script[2 * start : 2 * end].decode("utf-16-le") for start, end in places]
    assert values == ['"two words"', "from:a OR from:b", "archive"]


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


# --- Help in writing a search ----------------------------------------------------------------------------------


def test_the_field_is_offered_the_words_of_the_readers_language(alice: Any, browser_of_alice: Client) -> None:
    folders.create(factories.open_mailbox(alice), "Projects")
    recent.remember(factories.open_mailbox(alice), "pallet from:luca")
    preferences.save(factories.actor_for(alice), alice, {"language": "fr"})
    offered = browser_of_alice.get(reverse("mail:search_words")).json()
    assert offered["recent"] == ["pallet from:luca"]
    [sender] = [operator for operator in offered["operators"] if operator["name"] == "from"]
    assert sender["shown"] == "de"
    assert {"from", "de", "от"} <= set(sender["keys"])
    assert {"value": "réception", "label": "Boîte de réception"} in offered["values"]["folder"]
    assert {"value": "Projects", "label": "Projects"} in offered["values"]["folder"]
    assert offered["values"]["attachment"] == [{"value": "pièce", "label": ""}]


def test_who_wrote_lately_is_offered_as_a_sender(
    alice: Any, organization: Any, browser_of_alice: Client, sign_in: Any
) -> None:
    factories.make_user(organization, "luca")
    for number, address in enumerate(("luca@example.org", "nina@example.org", "luca@example.org")):
        raw = factories.make_message_bytes(
            from_=f"{address[:4].title()} Bianchi <{address}>", message_id=f"<{number}@x>"
        )
        factories.store_message(alice, raw)
    for role, address in (("sent", "alice@example.test"), ("junk", "lucky@example.org")):
        factories.store_message(alice, factories.make_message_bytes(from_=f"Bianchi <{address}>"), role=role)

    def offered(client: Client, **query: str) -> list[str]:
        answer = client.get(reverse("mail:search_people"), query).json()
        return [person["address"] for person in answer["results"]]

    assert offered(browser_of_alice, q="bian", of="from") == ["luca@example.org", "nina@example.org"]
    assert offered(browser_of_alice, q="luc", of="from") == ["luca@example.org", "luca@example.test"]
    assert offered(browser_of_alice, q="luc", of="to") == ["luca@example.test"]
    assert offered(browser_of_alice, q="", of="from")[:2] == ["luca@example.org", "nina@example.org"]
    assert offered(browser_of_alice, q="***", of="from") == []
    assert offered(sign_in(factories.make_user(organization, "bob")), q="bian", of="from") == []


def test_a_search_is_remembered_and_forgotten(alice: Any, browser_of_alice: Client) -> None:
    mailbox = factories.open_mailbox(alice)
    assert browser_of_alice.post(reverse("mail:search_remember"), {"q": "pallet"}).status_code == 200
    assert recent.listed(mailbox) == ["pallet"]
    page = browser_of_alice.get(reverse("mail:saved_searches")).content.decode()
    assert '<a href="/mail/search/?q=pallet">pallet</a>' in page
    answer = browser_of_alice.post(reverse("mail:search_forget"), follow=True).content.decode()
    assert "Recent searches forgotten." in answer
    assert recent.listed(mailbox) == []


def test_the_form_of_options_leads_to_the_same_results_as_typing(alice: Any, browser_of_alice: Client) -> None:
    fields = {
        "pick": "1",
        "words": "pallet",
        "sender": "tomas",
        "subject": "order",
        "folder": "Old orders",
        "since": "2026-01-01",
        "larger": "5 MB",
        "has_attachment": "1",
        "is_flagged": "1",
    }
    answer = browser_of_alice.get(reverse("mail:search_options"), fields)
    query = parse_qs(urlsplit(answer["Location"]).query)["q"]
    assert query == [
        'from:tomas subject:order pallet has:attachment is:flagged in:"Old orders" after:2026-01-01 larger:5M'
    ]
    page = browser_of_alice.get(reverse("mail:search_options"), {"q": query[0], "part": "form"}).content.decode()
    assert "<html" not in page
    for value in ('value="tomas"', 'value="order"', 'value="pallet"', 'value="2026-01-01"', 'value="5M"'):
        assert value in page
    assert '<option value="Old orders" selected>' in page
    assert page.count(" checked") == 2


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("larger", "elephant", "Write a size such as 5 MB or 500 KB."),
        ("since", "2026-13-01", "Write the date like 2026-11-24."),
        ("before", "tomorrow", "Write the date like 2026-11-24."),
    ],
)
def test_a_field_that_cannot_be_used_says_why_and_nothing_typed_is_lost(
    browser_of_alice: Client, field: str, value: str, sentence: str
) -> None:
    page = browser_of_alice.get(reverse("mail:search_options"), {"pick": "1", "words": "pallet", field: value})
    assert page.status_code == 200
    text = page.content.decode()
    assert sentence in text
    assert f'name="{field}" value="{value}"' in text
    assert 'value="pallet"' in text
    assert 'aria-invalid="true"' in text


def test_an_empty_search_leads_to_the_form(browser_of_alice: Client) -> None:
    page = browser_of_alice.get(reverse("mail:search")).content.decode()
    assert f'href="{reverse("mail:search_options")}?q=">Search options' in page
    assert browser_of_alice.get(reverse("mail:search_options"), {"pick": "1"})["Location"] == "/mail/search/?q="
