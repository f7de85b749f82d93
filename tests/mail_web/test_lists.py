"""The list of a folder: what a row says, in which order, and at what cost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailapp.store import queries
from mailapp.web.rows import order_of
from tests import factories
from workmail.accounts import preferences
from workmail.keys.models import OrganizationKey
from workmail.keys.services import set_organization_key_state

pytestmark = pytest.mark.django_db


def list_url(user: Any, role: str = "inbox", **query: str) -> str:
    url = reverse("mail:folder", args=[factories.open_folder(user, role).folder.pk])
    return f"{url}?{'&'.join(f'{name}={value}' for name, value in query.items())}" if query else url


def subjects(page: str) -> list[str]:
    return re.findall(r'class="sub trunc">([^<]*)<', page)


def test_mail_leads_to_the_inbox(alice: Any, browser_of_alice: Client) -> None:
    response = browser_of_alice.get("/mail/")
    assert response["Location"] == list_url(alice)


def test_whoever_is_not_signed_in_is_asked_to(alice: Any) -> None:
    response = Client().get(list_url(alice))
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_a_row_says_in_words_what_its_marks_show(alice: Any, browser_of_alice: Client) -> None:
    raw = factories.make_message_bytes(
        from_="Tomás Herrera <tomas@example.org>",
        subject="Contract",
        text="Two clauses changed.",
        attachments=[("a.pdf", "application/pdf", b"%PDF-")],
        header_fields=[("Importance", "high")],
    )
    factories.store_message(alice, raw, is_flagged=True, is_answered=True)
    page = browser_of_alice.get(list_url(alice)).content.decode()
    for words in ("Unread.", "Tomás Herrera", "Contract", "Two clauses changed.", "Select: Contract"):
        assert words in page
    assert "Answered. High importance. Has attachment. Flagged" in page


def test_a_row_never_lets_markup_through(alice: Any, browser_of_alice: Client) -> None:
    bad = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    raw = factories.make_message_bytes(from_=f'"{bad.replace(chr(34), "")}" <x@example.org>', subject=bad, text=bad)
    factories.store_message(alice, raw)
    page = browser_of_alice.get(list_url(alice)).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_conversations_or_single_messages_by_preference(alice: Any, browser_of_alice: Client) -> None:
    factories.store_message(alice, factories.make_message_bytes(message_id="<1@example.org>", subject="Walk"))
    answer = factories.make_message_bytes(in_reply_to="<1@example.org>", subject="Re: Walk")
    factories.store_message(alice, answer)
    assert subjects(browser_of_alice.get(list_url(alice)).content.decode()) == ["Re: Walk"]
    preferences.save(factories.actor_for(alice), alice, {"conversations": False})
    assert subjects(browser_of_alice.get(list_url(alice)).content.decode()) == ["Re: Walk", "Walk"]


def test_sent_shows_recipients_and_drafts_open_in_the_composer(alice: Any, browser_of_alice: Client) -> None:
    raw = factories.make_message_bytes(from_="Alice <alice@example.test>", to="Bob <bob@example.test>")
    factories.store_message(alice, raw, role="sent", is_seen=True)
    assert "To: Bob" in browser_of_alice.get(list_url(alice, "sent")).content.decode()
    draft = factories.store_message(alice, raw, role="drafts", is_draft=True)
    page = browser_of_alice.get(list_url(alice, "drafts")).content.decode()
    assert reverse("mail:compose_draft", args=[draft.key]) in page


@pytest.mark.parametrize(
    ("show", "expected"),
    [("", 4), ("unread", 2), ("flagged", 1), ("to-me", 4), ("attachments", 1), ("nonsense", 4)],
)
def test_filters(alice: Any, browser_of_alice: Client, show: str, expected: int) -> None:
    factories.store_message(alice)
    factories.store_message(alice, is_seen=True, is_flagged=True)
    factories.store_message(alice, is_seen=True)
    raw = factories.make_message_bytes(attachments=[("a.txt", "text/plain", b"x")])
    factories.store_message(alice, raw)
    assert len(subjects(browser_of_alice.get(list_url(alice, show=show)).content.decode())) == expected


@pytest.mark.parametrize("in_conversations", [True, False])
def test_the_next_stretch_is_a_real_link_and_a_fragment(
    alice: Any, browser_of_alice: Client, monkeypatch: pytest.MonkeyPatch, in_conversations: bool
) -> None:
    preferences.save(factories.actor_for(alice), alice, {"conversations": in_conversations})
    for reader in (queries.conversations, queries.messages):
        monkeypatch.setitem(reader.__kwdefaults__, "limit", 4)
    at = timezone.now()
    for number in range(10):  # pairs at the same moment: the cursor must not lose one
        raw = factories.make_message_bytes(subject=f"Number {number}")
        factories.store_message(alice, raw, internal_date=at - timedelta(hours=number // 2))
    found, url, requests = [], list_url(alice), 0
    while url:
        page = browser_of_alice.get(url).content.decode()
        found += subjects(page)
        link = re.search(r'data-more[^>]*><div><a[^>]* href="([^"]+)"', page)
        url = link.group(1).replace("&amp;", "&") if link else ""
        requests += 1
        if url:
            fragment = browser_of_alice.get(f"{url}&part=rows").content.decode()
            assert "<html" not in fragment
            assert subjects(fragment) == subjects(browser_of_alice.get(url).content.decode())
    assert requests == 3
    assert sorted(found) == [f"Number {number}" for number in range(10)]


def test_empty_lists_say_what_to_expect(alice: Any, browser_of_alice: Client) -> None:
    assert "Inbox is empty. New mail appears here by itself." in browser_of_alice.get(list_url(alice)).content.decode()
    page = browser_of_alice.get(list_url(alice, show="unread")).content.decode()
    assert "Nothing is unread in Inbox." in page
    assert "Show all messages" in page


@pytest.mark.parametrize("rows", [1, 50])
def test_a_page_costs_the_same_few_statements_however_many_rows(
    alice: Any, browser_of_alice: Client, django_assert_max_num_queries: Any, rows: int
) -> None:
    for number in range(rows):
        raw = factories.make_message_bytes(message_id=f"<{number}@example.org>")
        factories.store_message(alice, raw)
        if number % 10 == 0:
            factories.store_message(alice, factories.make_message_bytes(in_reply_to=f"<{number}@example.org>"))
    browser_of_alice.get(list_url(alice))  # the session is noted as seen once a minute
    # One of them twice: inside of a test's transaction the categories are not kept.
    with django_assert_max_num_queries(15):
        page = browser_of_alice.get(list_url(alice)).content.decode()
    assert len(subjects(page)) == rows
    url = f"/mail/{factories.open_folder(alice).folder.pk}/changes/?since=0"
    with django_assert_max_num_queries(18):
        browser_of_alice.get(url, HTTP_ACCEPT="application/json")


def test_while_the_organization_key_is_disabled_the_page_says_so(alice: Any, browser_of_alice: Client) -> None:
    factories.store_message(alice)
    key = OrganizationKey.objects.get(organization_id=alice.organization_id)
    set_organization_key_state(key, OrganizationKey.State.DISABLED)
    response = browser_of_alice.get(list_url(alice))
    assert response.status_code == 503
    assert "encryption key of this organization is not available" in response.content.decode()


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "=" * 50])
def test_a_cursor_that_no_page_has_given_out_is_refused(alice: Any, browser_of_alice: Client, cursor: str) -> None:
    assert browser_of_alice.get(list_url(alice, after=cursor)).status_code == 400


def test_the_order_holds_for_the_first_and_the_last_year() -> None:
    from datetime import UTC, datetime

    times = [datetime(year, 1, 1, tzinfo=UTC) for year in (1, 1900, 1969, 1970, 2026, 9999)]
    orders = [order_of(at, 5) for at in times]
    assert orders == sorted(orders)
    assert order_of(times[0], 1) < order_of(times[0], 2)


def test_the_page_has_no_inline_script_or_style(alice: Any, browser_of_alice: Client) -> None:
    factories.store_message(alice)
    page = browser_of_alice.get(list_url(alice)).content.decode()
    assert not re.search(r"<[^>]+ style=", page)
    assert not re.search(r"<[^>]+ on[a-z]+=", page)
    for script in re.findall(r"<script([^>]*)>", page):
        assert "src=" in script or 'type="application/json"' in script


def test_a_reply_in_the_inbox_lists_me_among_the_people(alice: Any, browser_of_alice: Client) -> None:
    factories.store_message(
        alice, factories.make_message_bytes(from_="Bob <bob@example.org>", message_id="<1@example.org>")
    )
    own = factories.make_message_bytes(from_="Alice <Alice@EXAMPLE.test>", in_reply_to="<1@example.org>")
    factories.store_message(alice, own)
    assert "me, Bob" in browser_of_alice.get(list_url(alice)).content.decode()
