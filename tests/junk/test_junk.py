"""Junk from the reader's side: acts teach, undo forgets, delivery follows, the message says why, links lead nowhere."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailapp import access
from mailapp.contacts import correspondents
from mailapp.junk import judging, learning
from mailapp.junk.models import Filter, Lesson
from mailapp.mime.model import Person
from mailapp.mime.parse import parse
from mailapp.store import moving
from mailapp.store.models import Message
from tests import factories
from tests.junk.test_filter import message
from tests.mail_web.steps import act, undo
from tests.mail_web.test_reading import read, store
from workmail.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(alice: Any) -> Any:
    judging._untaught.clear()
    return factories.open_mailbox(alice)


def counts(mailbox: Any) -> tuple[int, int]:
    learning.learn_all()
    row = Filter.objects.filter(pk=mailbox.mailbox.pk).first()
    return (row.junk_count, row.wanted_count) if row else (0, 0)


def teach(alice: Any, mailbox: Any, count: int = judging.ENOUGH, *, wanted: int = judging.ENOUGH) -> None:
    """Call as many messages junk, and as many no junk, by moving them."""
    inbox, junk = factories.open_folder(alice), factories.open_folder(alice, "junk")
    bad = [factories.store_message(alice, message("junk", seed)) for seed in range(count)]
    good = [factories.store_message(alice, message("wanted", seed), role="junk") for seed in range(wanted)]
    moving.move(inbox, [each.uid for each in bad], junk)
    moving.move(junk, [each.uid for each in good], inbox)
    learning.learn_all()
    judging._untaught.clear()


def is_junk(mailbox: Any, raw: bytes, *, is_verified: bool = True) -> bool:
    judging._untaught.clear()
    return judging.looks_like_junk(mailbox, parse(raw), is_verified=is_verified)


# --- Teaching ----------------------------------------------------------------------------------------------


def test_calling_it_junk_teaches_and_taking_back_forgets(browser_of_alice: Client, alice: Any, mailbox: Any) -> None:
    stored, folder = factories.store_message(alice), factories.open_folder(alice)
    answer = act(browser_of_alice, folder, "junk", thread=str(stored.thread_id)).json()
    assert counts(mailbox) == (1, 0)
    undo(browser_of_alice, answer["undo"])
    assert counts(mailbox) == (0, 0)


def test_undo_before_it_was_learned_teaches_nothing(browser_of_alice: Client, alice: Any, mailbox: Any) -> None:
    stored, folder = factories.store_message(alice), factories.open_folder(alice)
    answer = act(browser_of_alice, folder, "junk", thread=str(stored.thread_id)).json()
    undo(browser_of_alice, answer["undo"])
    assert counts(mailbox) == (0, 0)
    assert not Lesson.objects.exists()


@pytest.mark.parametrize("how", ["not-junk", "move"])
def test_out_of_junk_is_wanted(browser_of_alice: Client, alice: Any, mailbox: Any, how: str) -> None:
    stored = factories.store_message(alice, role="junk")
    inbox, junk = factories.open_folder(alice), factories.open_folder(alice, "junk")
    act(browser_of_alice, junk, how, message=str(stored.key), target=str(inbox.folder.pk))
    assert counts(mailbox) == (0, 1)


def test_deleting_junk_says_nothing_new_and_filing_says_it_was_wanted(
    browser_of_alice: Client, alice: Any, mailbox: Any
) -> None:
    stored = factories.store_message(alice, role="junk")
    act(browser_of_alice, factories.open_folder(alice, "junk"), "delete", message=str(stored.key))
    assert counts(mailbox) == (0, 0)
    stored = factories.store_message(alice)
    answer = act(browser_of_alice, factories.open_folder(alice), "archive", message=str(stored.key)).json()
    assert counts(mailbox) == (0, 1)
    undo(browser_of_alice, answer["undo"])
    assert counts(mailbox) == (0, 0)


def test_the_system_teaches_nothing(alice: Any, mailbox: Any) -> None:
    stored = factories.store_message(alice)
    opened = access.open_mailbox_for_system(mailbox.mailbox.pk)
    source, target = access.folder_by_role(opened, "inbox"), access.folder_by_role(opened, "junk")
    moving.move(source, [stored.uid], target)
    assert not Lesson.objects.exists()


# --- Judging -----------------------------------------------------------------------------------------------


def test_nothing_is_judged_before_enough_of_both_kinds_was_learned(alice: Any, mailbox: Any) -> None:
    teach(alice, mailbox, wanted=judging.ENOUGH - 1)
    assert not is_junk(mailbox, message("junk", 99))


def test_what_was_taught_is_recognized_and_the_rest_is_not(alice: Any, mailbox: Any) -> None:
    teach(alice, mailbox)
    assert is_junk(mailbox, message("junk", 99))
    assert not is_junk(mailbox, message("wanted", 99))
    assert not is_junk(mailbox, factories.make_message_bytes(text="Lunch?"))


def test_people_one_knows_and_colleagues_are_never_junk_if_they_are_verified(alice: Any, mailbox: Any) -> None:
    teach(alice, mailbox)
    correspondents.record_use(mailbox, [Person("", "zoe@example.org")], timezone.now())
    for address in ("zoe@example.org", "bob@example.test"):
        raw = message("junk", 99, from_=address)
        assert not is_junk(mailbox, raw)
        assert is_junk(mailbox, raw, is_verified=False)


def test_the_filter_of_one_person_says_nothing_of_the_mail_of_another(
    alice: Any, mailbox: Any, organization: Any
) -> None:
    teach(alice, mailbox)
    other = factories.open_mailbox(factories.make_user(organization, "bob"))
    assert not is_junk(other, message("junk", 99))


# --- Reading -----------------------------------------------------------------------------------------------


def test_in_junk_links_lead_nowhere_and_the_reason_is_told(browser_of_alice: Client, alice: Any) -> None:
    html = '<p>Look <a href="https://bad.example/">here</a></p>'
    raw = factories.make_message_bytes(text="See https://bad.example/ now", html=html)
    stored = store(alice, raw, role="junk", keywords=("$LooksLikeJunk",))
    page = read(browser_of_alice, stored)
    assert "This message looks like mail you marked as junk." in page
    body = browser_of_alice.get(reverse("mail:body", args=[stored.key])).content.decode()
    assert "here" in body
    assert "https://bad.example/" not in body
    plain = store(alice, factories.make_message_bytes(text="See https://bad.example/ now"), role="junk")
    assert 'href="https://bad.example/"' not in read(browser_of_alice, plain)
    act(browser_of_alice, factories.open_folder(alice, "junk"), "not-junk", message=[str(plain.key), str(stored.key)])
    plain.refresh_from_db()
    stored.refresh_from_db()
    assert 'href="https://bad.example/"' in read(browser_of_alice, plain)
    assert stored.keywords == ["$NotJunk"]


def test_reporting_phishing_moves_teaches_and_tells_the_administrators(
    browser_of_alice: Client, alice: Any, mailbox: Any
) -> None:
    raw = factories.make_message_bytes(from_="Bank <help@bank.example>")
    stored = store(alice, raw, authentication={"dmarc": "none"})
    page = read(browser_of_alice, stored)
    assert 'value="phishing"' in page
    answer = act(browser_of_alice, factories.open_folder(alice), "phishing", thread=str(stored.thread_id)).json()
    assert answer["sentence"] == "1 conversation reported as phishing and moved to Junk."
    entry = AuditEntry.objects.get(action="message.report_phishing")
    assert entry.target == str(stored.key)
    assert entry.actor_id == alice.pk
    assert entry.details["sender"] == "help@bank.example"
    stored = Message.objects.get(pk=stored.pk)
    assert stored.keywords == ["$Junk", "$Phishing"]
    assert counts(mailbox) == (1, 0)
    assert "You reported this message as phishing." in read(browser_of_alice, stored)
    undo(browser_of_alice, answer["undo"])
    assert counts(mailbox) == (0, 0)
    assert Message.objects.get(pk=stored.pk).keywords == []


def test_strangers_cannot_report_or_teach(sign_in: Callable[..., Client], alice: Any, organization: Any) -> None:
    stored, folder = factories.store_message(alice), factories.open_folder(alice)
    colleague = factories.make_user(organization, "bob")
    foreigner = factories.make_user(factories.make_organization("other", domain="other.test"), "eve")
    for user in (colleague, foreigner):
        answer = act(sign_in(user), folder, "phishing", thread=str(stored.thread_id))
        assert answer.status_code == 404
    assert not Lesson.objects.exists()
    assert not AuditEntry.objects.filter(action="message.report_phishing").exists()
