"""One note at most, the most serious one, and none where everything is as it should be."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from mailapp.contacts import acquaintance, address_list, correspondents
from mailapp.mime.model import Person
from mailapp.search import indexing
from mailapp.web.sender_warnings import Concern, Facts, assess
from tests import factories
from tests.mail_web.test_reading import read, store

PASS, FAIL, NONE = {"dmarc": "pass"}, {"dmarc": "fail"}, {"dmarc": "none"}


def facts(**values: Any) -> Facts:
    return Facts(**{"addr_spec": "bob@example.org", "authentication": PASS, "is_known": False} | values)


def concern(**values: Any) -> Concern | None:
    found = assess(facts(**values))
    return found and found.concern


NAMES = {"colleague_names": lambda: {("bob", "marlin")}, "display_name": "Bob Marlin"}
ALIKE = {"addr_spec": "bob@examp1e.test", "own_domains": ["example.test"]}
STRANGER = {"has_written_before": lambda: False}


def test_the_most_serious_concern_is_the_one_that_is_told() -> None:
    everything = {**NAMES, **ALIKE, **STRANGER, "answers_to": ("bob@elsewhere.net",)}
    assert concern(**everything, is_own=True, authentication=NONE) is Concern.OWN_ADDRESS
    assert concern(**everything, is_colleague=True, authentication=NONE) is Concern.COLLEAGUE
    assert concern(**everything, authentication=FAIL) is Concern.NOT_GENUINE
    assert concern(**everything) is Concern.NAME_OF_COLLEAGUE
    assert concern(**{**everything, "display_name": ""}) is Concern.LOOKALIKE_DOMAIN
    assert concern(**STRANGER, answers_to=("bob@elsewhere.net",)) is Concern.ANSWERS_ELSEWHERE
    assert concern(**STRANGER) is Concern.FIRST_TIME
    assert concern() is None


@pytest.mark.parametrize(
    "values",
    [
        {"authentication": {}},  # one's own copy, or imported
        {"is_colleague": True},
        {"is_own": True},
        {"is_known": True, "answers_to": ("bob@elsewhere.net",), **NAMES},
        {"is_list": True, "answers_to": ("list@elsewhere.net",)},
        {"answers_to": ("bob@mail.example.org",)},
    ],
)
def test_nothing_is_said_where_nothing_is_odd(values: dict[str, Any]) -> None:
    assert concern(**{**STRANGER, **values} if values.get("authentication") != {} else values) is None or (
        values.get("answers_to") == ("bob@mail.example.org",)
        and concern(**{**STRANGER, **values}) is Concern.FIRST_TIME
    )


def test_every_note_says_what_to_do() -> None:
    for values in (
        {"is_own": True, "authentication": NONE},
        {"is_colleague": True, "authentication": NONE},
        {"authentication": FAIL},
        {**NAMES},
        {**ALIKE},
        {"answers_to": ("bob@elsewhere.net",)},
        {**STRANGER},
    ):
        found = assess(facts(**values))
        assert found is not None
        assert found.sentence.endswith(".")
        assert found.advice.endswith(".")


# --- On the page -------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _read_anew() -> None:
    acquaintance._domains.clear()
    address_list._lists.clear()


def warning_of(html: str) -> str:
    found = re.search(r'data-sender-warning="(\w+)"', html)
    return found.group(1) if found else ""


def from_(sender: str, **values: Any) -> bytes:
    return factories.make_message_bytes(from_=sender, **values)


@pytest.mark.django_db
def test_the_first_message_of_somebody_is_marked_and_the_second_is_not(browser_of_alice: Client, alice: Any) -> None:
    first = store(alice, from_("Zoe <zoe@example.org>"), authentication=PASS)
    second = store(alice, from_("Zoe <zoe@example.org>"), authentication=PASS)
    indexing.index_pending()
    html = read(browser_of_alice, first)
    assert warning_of(html) == "first_time"
    assert "This is the first message you get from zoe@example.org." in html
    assert ">External</span>" in html
    assert warning_of(read(browser_of_alice, second)) == ""


@pytest.mark.django_db
def test_somebody_one_has_written_to_is_no_stranger(browser_of_alice: Client, alice: Any) -> None:
    message = store(alice, from_("Zoe <zoe@example.org>"), authentication=PASS)
    indexing.index_pending()
    correspondents.record_use(factories.open_mailbox(alice), [Person("Zoe", "zoe@example.org")], timezone.now())
    assert warning_of(read(browser_of_alice, message)) == ""


@pytest.mark.django_db
def test_the_name_of_a_colleague_with_a_foreign_address_is_told(
    browser_of_alice: Client, alice: Any, organization: Any
) -> None:
    factories.make_user(organization, "bob", display_name="Bob Marlin")
    message = store(alice, from_("Воb Marlin <boss@example.org>"), authentication=PASS)
    html = read(browser_of_alice, message)
    assert warning_of(html) == "name_of_colleague"
    assert "boss@example.org" in html
    assert html.count("data-sender-warning") == 1


@pytest.mark.django_db
def test_a_domain_like_that_of_somebody_one_writes_to_is_told(browser_of_alice: Client, alice: Any) -> None:
    correspondents.record_use(factories.open_mailbox(alice), [Person("", "zoe@bookshop.org")], timezone.now())
    message = store(alice, from_("Zoe <zoe@b00kshop.org>"), authentication=PASS)
    html = read(browser_of_alice, message)
    assert warning_of(html) == "lookalike_domain"
    assert "The domain b00kshop.org looks like bookshop.org, but is another one." in html


@pytest.mark.django_db
def test_answers_that_go_elsewhere_are_told_but_not_twice_and_not_for_lists(
    browser_of_alice: Client, alice: Any
) -> None:
    elsewhere = [("Reply-To", "zoe@elsewhere.net")]
    html = read(browser_of_alice, store(alice, from_("zoe@example.org", header_fields=elsewhere), authentication=PASS))
    assert warning_of(html) == "answers_elsewhere"
    assert "not to the sender" not in html
    of_list = [*elsewhere, ("List-Id", "<news.example.org>")]
    html = read(browser_of_alice, store(alice, from_("zoe@example.org", header_fields=of_list), authentication=PASS))
    assert warning_of(html) == ""
    assert "Answers go to zoe@elsewhere.net, not to the sender." in html


@pytest.mark.django_db
def test_ones_own_mail_and_that_of_colleagues_carries_no_mark(browser_of_alice: Client, alice: Any) -> None:
    for raw, role, codes in (
        (from_("alice@example.test", to="zoe@example.org"), "sent", None),
        (from_("bob@example.test"), "inbox", PASS),
    ):
        html = read(browser_of_alice, store(alice, raw, role=role, authentication=codes))
        assert warning_of(html) == ""
        assert ">External</span>" not in html


@pytest.mark.django_db
def test_a_failed_check_is_told_in_plain_words(browser_of_alice: Client, alice: Any) -> None:
    html = read(browser_of_alice, store(alice, from_("zoe@example.org"), authentication=FAIL))
    assert warning_of(html) == "not_genuine"
    html = read(browser_of_alice, store(alice, from_("bob@example.test"), authentication=NONE))
    assert warning_of(html) == "colleague"
    assert "Ask your colleague in another way" in html


@pytest.mark.django_db
def test_another_person_never_sees_whom_one_knows(
    sign_in: Callable[..., Client], alice: Any, organization: Any
) -> None:
    """Having written to somebody counts in one mailbox only; and nobody opens a message of somebody else."""
    bob = factories.make_user(organization, "bob")
    correspondents.record_use(factories.open_mailbox(alice), [Person("Zoe", "zoe@example.org")], timezone.now())
    message = store(bob, from_("Zoe <zoe@example.org>"), authentication=PASS)
    indexing.index_pending()
    assert warning_of(read(sign_in(bob), message)) == "first_time"
    answer = sign_in(alice).get(reverse("mail:message", args=[message.folder_id, message.key]))
    assert answer.status_code == 404


@pytest.mark.django_db
def test_warnings_cost_a_stranger_two_statements_and_a_colleague_none(browser_of_alice: Client, alice: Any) -> None:
    def statements(message: Any) -> int:
        read(browser_of_alice, message)  # what is rendered, and what a process keeps
        with CaptureQueriesContext(connection) as counted:
            read(browser_of_alice, message)
        return len(counted)

    stranger = store(alice, from_("zoe@example.org"), authentication=PASS)
    indexing.index_pending()
    colleague = store(alice, from_("bob@example.test"), authentication=PASS)
    # On PostgreSQL the index also says, and takes back, how it is to be read.
    assert statements(stranger) <= statements(colleague) + (4 if connection.vendor == "postgresql" else 2)
