"""Snoozing and muting from the pages, with script and without, each with its undo."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailapp.store.models import Folder, Message, Snooze, Thread
from tests import factories
from tests.mail_web.steps import act, undo

pytestmark = pytest.mark.django_db


def in_three_days() -> str:
    return f"{timezone.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"


def role_of(message: Message) -> str:
    return Message.objects.get(key=message.key).folder.role


def test_snoozed_it_says_when_it_comes_back_and_undo_brings_it_back_now(alice: Any, browser_of_alice: Client) -> None:
    message = factories.store_message(alice, internal_date=factories.LONG_AGO)
    inbox = factories.open_folder(alice)
    answer = act(browser_of_alice, inbox, "snooze", thread=str(message.thread_id), until=in_three_days()).json()
    assert "comes back on" in answer["sentence"]
    assert role_of(message) == "snoozed"
    waiting = Folder.objects.get(role="snoozed")
    listed = browser_of_alice.get(reverse("mail:folder", args=[waiting.pk])).content.decode()
    assert str(message.thread_id) in listed
    undo(browser_of_alice, answer["undo"])
    assert role_of(message) == "inbox"
    assert not Snooze.objects.exists()
    assert Message.objects.get(key=message.key).listed_at == factories.LONG_AGO


def test_another_time_is_undone_to_the_first(alice: Any, browser_of_alice: Client) -> None:
    message = factories.store_message(alice)
    act(browser_of_alice, factories.open_folder(alice), "snooze", thread=str(message.thread_id), until=in_three_days())
    first = Snooze.objects.get().due_at
    later = f"{timezone.now() + timedelta(days=9):%Y-%m-%dT%H:%M}"
    waiting = factories.open_folder(alice, "snoozed")
    answer = act(browser_of_alice, waiting, "snooze", thread=str(message.thread_id), until=later).json()
    assert Snooze.objects.get().due_at > first
    undo(browser_of_alice, answer["undo"])
    assert Snooze.objects.get().due_at == first


def test_without_script_a_button_of_the_open_conversation_snoozes(alice: Any, browser_of_alice: Client) -> None:
    message = factories.store_message(alice)
    page = browser_of_alice.get(reverse("mail:conversation", args=[message.folder_id, message.thread_id]))
    assert 'name="until" value="' in page.content.decode()
    url = reverse("mail:act", args=[message.folder_id])
    own = {"thread": str(message.thread_id), "until": "own", "until_own": in_three_days()}
    assert browser_of_alice.post(url, own).status_code == 302
    assert role_of(message) == "snoozed"


@pytest.mark.parametrize("until", ["", "2020-01-01T08:00", "soon", "own"])
def test_a_time_that_is_none_is_refused(alice: Any, browser_of_alice: Client, until: str) -> None:
    message = factories.store_message(alice)
    response = act(browser_of_alice, factories.open_folder(alice), "snooze", thread=str(message.thread_id), until=until)
    assert response.status_code == 400
    assert role_of(message) == "inbox"


def test_nothing_is_moved_into_snoozed_without_a_time(alice: Any, browser_of_alice: Client) -> None:
    one, two = factories.store_message(alice), factories.store_message(alice)
    inbox = factories.open_folder(alice)
    act(browser_of_alice, inbox, "snooze", thread=str(one.thread_id), until=in_three_days())
    waiting = Folder.objects.get(role="snoozed")
    answer = act(browser_of_alice, inbox, "move", thread=str(two.thread_id), target=str(waiting.pk))
    assert answer.status_code == 400
    act(browser_of_alice, factories.open_folder(alice, "snoozed"), "unsnooze", thread=str(one.thread_id))
    assert (role_of(one), role_of(two)) == ("inbox", "inbox")


def test_muted_it_leaves_the_inbox_is_marked_and_undone(alice: Any, browser_of_alice: Client) -> None:
    message = factories.store_message(alice)
    answer = act(browser_of_alice, factories.open_folder(alice), "mute", thread=str(message.thread_id)).json()
    assert role_of(message) == "archive"
    assert Thread.objects.get().is_muted
    archive = factories.open_folder(alice, "archive")
    listed = browser_of_alice.get(reverse("mail:folder", args=[archive.folder.pk])).content.decode()
    assert "Muted" in listed
    opened = browser_of_alice.get(reverse("mail:conversation", args=[archive.folder.pk, message.thread_id]))
    assert 'value="unmute"' in opened.content.decode()
    undo(browser_of_alice, answer["undo"])
    assert (role_of(message), Thread.objects.get().is_muted) == ("inbox", False)


def test_an_open_list_hears_that_a_conversation_is_no_longer_muted(alice: Any, browser_of_alice: Client) -> None:
    message = factories.store_message(alice, role="archive")
    archive = factories.open_folder(alice, "archive")
    act(browser_of_alice, archive, "mute", thread=str(message.thread_id))
    assert role_of(message) == "archive"
    url = reverse("mail:changes", args=[archive.folder.pk])
    before = browser_of_alice.get(url, {"since": "0"}).json()
    act(browser_of_alice, archive, "unmute", thread=str(message.thread_id))
    after = browser_of_alice.get(url, {"since": str(before["modseq"])}).json()
    assert after["modseq"] > before["modseq"]
    assert after["check"] != before["check"]
