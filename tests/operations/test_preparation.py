"""Preparing an installation: complete after the first time, quick and without effect after the second."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mailapp.store.models import Mailbox
from tests import factories
from workmail.accounts.actor import SYSTEM
from workmail.directory import services
from workmail.directory.models import Address, Organization, User
from workmail.operations import demo, preparation

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _demo_password(settings, tmp_path):
    settings.DEMO_PASSWORD = ""
    settings.SECRETS_DIR = tmp_path / "secrets"


def test_the_demo_has_five_people_with_mailboxes_and_their_languages():
    organization = demo.make_demo()
    people = User.objects.filter(organization=organization)
    assert {person.name: person.preferences["language"] for person in people} == {
        "admin": "en",
        "alice": "en",
        "bob": "en",
        "chloe": "fr",
        "dmitri": "ru",
    }
    assert [person.name for person in people if person.is_administrator] == ["admin"]
    assert not any(person.is_operator for person in people)
    assert Mailbox.objects.filter(organization=organization).count() == 5


def test_the_administrator_receives_the_mail_for_postmaster():
    demo.make_demo()
    assert Address.objects.get(local_part="postmaster").entity.name == "admin"


def test_the_demo_is_made_once():
    first = demo.make_demo()
    assert demo.make_demo() == first
    assert Organization.objects.count() == 1
    assert User.objects.count() == 5


def test_a_person_who_is_missing_is_added_again():
    organization = demo.make_demo()
    bob = User.objects.get(organization=organization, name="bob")
    services.disable(SYSTEM, bob)
    services.delete(SYSTEM, bob)
    demo.make_demo()
    assert User.objects.filter(name="bob", state="enabled").count() == 1


def test_the_random_password_is_kept_for_its_owner_alone():
    demo.make_demo()
    path = demo.password_file()
    assert path.stat().st_mode & 0o077 == 0
    assert User.objects.get(name="alice").check_password(path.read_text().strip())
    assert path.read_text().strip() in demo.describe()["password"]


def test_a_given_password_is_used_and_written_nowhere(settings):
    settings.DEMO_PASSWORD = "quite a long password"
    demo.make_demo()
    assert User.objects.get(name="alice").check_password("quite a long password")
    assert not demo.password_file().exists()
    assert "quite a long" not in demo.describe()["password"]


def test_a_refused_password_is_explained(settings):
    settings.DEMO_PASSWORD = "short"
    with pytest.raises(CommandError, match="password"):
        call_command("make_demo")
    assert not Organization.objects.exists()


def test_a_deleted_demo_does_not_come_back():
    factories.make_organization()
    preparation.make_demo_at_first_start(pytest.fail)
    assert demo.describe() is None


def test_a_second_preparation_has_nothing_to_say(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.TLS_CERTIFICATE, settings.TLS_KEY = tmp_path / "certificate.pem", tmp_path / "certificate.key"
    said: list[str] = []
    preparation.prepare(said.append)
    assert said
    preparation.prepare(pytest.fail)


def test_the_demo_has_mail_to_look_at(settings):
    demo.make_demo()
    alice = User.objects.get(name="alice")
    inbox, sent = factories.open_folder(alice, "inbox"), factories.open_folder(alice, "sent")
    assert inbox.folder.unread_count == inbox.folder.message_count == 6
    assert inbox.folder.conversation_count == 5
    assert sent.folder.message_count == 1
    chloe = factories.open_folder(User.objects.get(name="chloe"), "inbox")
    assert chloe.messages.count() == 3
