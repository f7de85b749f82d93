"""Completing recipients: in the order in which one really writes to people, and never across organizations."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from mailapp.contacts import address_list, book, correspondents, groups, writing
from mailapp.contacts.models import Correspondent, CorrespondentPrefix
from mailapp.contacts.suggestions import suggest
from mailapp.mime.model import Person
from tests import factories
from tests.contacts.conftest import make_card
from workmail.accounts.actor import SYSTEM
from workmail.directory import services
from workmail.directory.models import Entity

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh_lists():
    address_list._lists.clear()


@pytest.fixture
def organization():
    return factories.make_organization("example", domain="example.test")


@pytest.fixture
def alice(organization):
    return factories.make_user(organization, "alice")


def addresses(user, typed, **options):
    return [suggestion.addr_spec for suggestion in suggest(factories.open_mailbox(user), typed, **options)]


def write_to(user, *people, at=NOON):
    correspondents.record_use(factories.open_mailbox(user), [Person(*person) for person in people], at)


def test_colleagues_are_found_by_any_word_of_their_name_or_address(organization, alice):
    factories.make_user(organization, "chloe", display_name="Chloé Martin", aliases=["ventes"])
    for typed in ("chl", "CHLOÉ", "mart", "martin chlo", "vente"):
        assert addresses(alice, typed) == ["chloe@example.test"], typed
    assert addresses(alice, "hloe") == []


def test_cyrillic_names_are_found_without_case(organization, alice):
    factories.make_user(organization, "dmitri", display_name="Дмитрий Алёхин")
    assert addresses(alice, "дми") == ["dmitri@example.test"]
    assert addresses(alice, "АЛЕХИН") == ["dmitri@example.test"]


def test_whom_one_writes_to_comes_first_and_the_dearest_of_all(organization, alice):
    factories.make_user(organization, "ina")
    factories.make_user(organization, "ines")
    for day in range(5):
        write_to(alice, ("Ingrid Berg", "ingrid@example.org"), at=NOON - timedelta(days=day))
    write_to(alice, ("Ines", "ines@example.test"), at=NOON)
    assert addresses(alice, "in") == ["ingrid@example.org", "ines@example.test", "ina@example.test"]


def test_nothing_typed_offers_whom_one_writes_to(alice):
    write_to(alice, ("Old", "old@example.org"), at=NOON - timedelta(days=300))
    write_to(alice, ("New", "new@example.org"), at=NOON)
    assert addresses(alice, "") == ["new@example.org", "old@example.org"]


def test_recipients_already_chosen_are_left_out(alice):
    write_to(alice, ("Bea", "bea@example.org"), ("Ben", "ben@example.org"))
    assert addresses(alice, "be", exclude=["BEA@example.org"]) == ["ben@example.org"]


def test_somebody_outside_is_marked_and_a_group_says_how_many_it_reaches(organization, alice):
    factories.make_group(organization, "invoicing", members=[alice, "remote@example.org"])
    write_to(alice, ("Ingrid", "ingrid@example.org"))
    outside, group = suggest(factories.open_mailbox(alice), "in")
    assert (outside.is_outside, outside.kind) == (True, "")
    assert (group.is_outside, group.kind, group.member_count) == (False, Entity.Kind.GROUP, 2)


def test_hidden_disabled_and_nameless_entities_are_not_suggested(organization, alice):
    hidden = factories.make_user(organization, "zora")
    gone = factories.make_user(organization, "zoe")
    factories.make_user(organization, "zack", enabled=False)
    assert set(addresses(alice, "z")) == {"zora@example.test", "zoe@example.test"}
    Entity.objects.filter(pk=hidden.pk).update(hidden_from_address_list=True)
    services.disable(SYSTEM, gone)
    assert addresses(alice, "z") == []


def test_a_colleague_who_left_is_not_suggested_though_one_wrote_to_them(organization, alice):
    leaver = factories.make_user(organization, "leaver")
    write_to(alice, ("Leaver", "leaver@example.test"), ("Ghost", "ghost@example.test"))
    assert addresses(alice, "leav") == ["leaver@example.test"]
    services.disable(SYSTEM, leaver)
    assert addresses(alice, "leav") == []
    assert addresses(alice, "ghost") == []


def test_a_colleague_shows_the_name_of_the_directory_not_an_old_one(organization, alice):
    bob = factories.make_user(organization, "bob", display_name="Bob Stone")
    write_to(alice, ("bobby", "bob@example.test"))
    Entity.objects.filter(pk=bob.pk).update(display_name="Robert Stone")
    [suggestion] = suggest(factories.open_mailbox(alice), "bobby")
    assert suggestion.display_name == "Robert Stone"


def test_no_other_organizations_people_and_no_other_persons_correspondents(organization, alice):
    other = factories.make_organization("other", domain="other.test")
    stranger = factories.make_user(other, "stranger")
    colleague = factories.make_user(organization, "colleague")
    write_to(stranger, ("Secret", "secret@example.org"))
    write_to(colleague, ("Secret", "secret@example.org"))
    assert addresses(alice, "str") == []
    assert addresses(alice, "secret") == []
    assert addresses(stranger, "alice") == []


def test_somebody_of_another_organization_in_the_house_is_outside(organization, alice):
    other = factories.make_organization("other", domain="other.test")
    factories.make_user(other, "stranger")
    write_to(alice, ("Stranger", "stranger@other.test"))
    [suggestion] = suggest(factories.open_mailbox(alice), "stran")
    assert suggestion.is_outside
    assert suggestion.kind == ""


def test_a_forgotten_correspondent_comes_back_when_written_to_again(alice):
    write_to(alice, ("Bea", "bea@example.org"))
    correspondents.forget(factories.open_mailbox(alice), "Bea@Example.org")
    assert addresses(alice, "bea") == []
    write_to(alice, ("Bea", "bea@example.org"))
    assert addresses(alice, "bea") == ["bea@example.org"]


def test_a_new_name_replaces_the_old_one_and_no_name_replaces_none(alice):
    write_to(alice, ("Bea Old", "bea@example.org"))
    write_to(alice, ("Bea New", "bea@example.org"))
    write_to(alice, ("", "bea@example.org"))
    assert addresses(alice, "new") == ["bea@example.org"]
    assert addresses(alice, "old") == []


def test_long_words_that_share_their_beginning_are_told_apart(alice):
    write_to(alice, ("", "incomprehensible@example.org"), ("", "incomprehension@example.org"))
    assert addresses(alice, "incomprehensio") == ["incomprehension@example.org"]


def test_what_is_kept_shows_neither_name_nor_address(alice):
    write_to(alice, ("Ingrid Berg", "ingrid@example.org"))
    row = Correspondent.objects.get()
    kept = bytes(row.person) + bytes(row.address_digest)
    assert b"ngrid" not in kept
    assert b"example" not in kept
    assert CorrespondentPrefix.objects.count() > 10


def test_a_mass_mailing_is_not_remembered_as_a_whole(alice):
    write_to(alice, *[("", f"person{number}@example.org") for number in range(200)])
    assert Correspondent.objects.count() == correspondents.MOST_PEOPLE_REMEMBERED


def test_whatever_is_filed_in_sent_is_remembered(alice, django_capture_on_commit_callbacks):
    raw = factories.make_message_bytes(from_="Alice <alice@example.test>", to="Hugo Brand <hugo@example.org>")
    with django_capture_on_commit_callbacks(execute=True):
        factories.store_message(alice, raw, role="sent")
        factories.store_message(alice, factories.make_message_bytes(to="nobody@example.org"), role="inbox")
    assert addresses(alice, "hug") == ["hugo@example.org"]
    assert addresses(alice, "nobody") == []


def test_suggesting_costs_the_same_few_statements_however_many_correspondents(alice, django_assert_max_num_queries):
    write_to(alice, *[(f"Person {number}", f"person{number}@example.org") for number in range(30)])
    mailbox = factories.open_mailbox(alice)
    suggest(mailbox, "person")
    with django_assert_max_num_queries(8):
        assert len(suggest(mailbox, "person")) == 8


# --- Contacts, correspondents and colleagues in one ranking ------------------------------------------------------


def keep(user, name, *addresses_):
    opened = book.open_book(factories.open_mailbox(user))
    [key] = writing.create(opened, make_card(name, *(f"EMAIL:{address}" for address in addresses_))).keys
    return book.get(book.open_book(factories.open_mailbox(user)), key).summary.uid


def test_contacts_stand_between_whom_one_writes_to_and_the_rest_of_the_house(organization, alice):
    now = timezone.now()
    factories.make_user(organization, "ina", display_name="Ina Colleague")
    keep(alice, "Ina Contact", "ina@example.org", "ina@example.net")
    write_to(alice, ("Ina Written", "ina@example.com"), at=now)
    write_to(alice, ("Ina Long Ago", "ina@old.example"), at=now - timedelta(days=250))
    assert addresses(alice, "ina") == [
        *("ina@example.com", "ina@example.org", "ina@example.net", "ina@old.example", "ina@example.test")
    ]


def test_an_address_known_from_several_sides_is_offered_once_by_ones_own_name_for_it(organization, alice):
    keep(alice, "Doctor Berg", "ina@example.org")
    write_to(alice, ("Ina Berg", "INA@example.org"), at=timezone.now())
    [found] = suggest(factories.open_mailbox(alice), "berg")
    assert (found.display_name, found.addr_spec) == ("Doctor Berg", "INA@example.org")
    factories.make_user(organization, "bob", display_name="Bob House")
    keep(alice, "Bobby Berg", "bob@example.test")
    assert [each.display_name for each in suggest(factories.open_mailbox(alice), "bob")] == ["Bob House"]


def test_a_contact_one_writes_to_by_another_name_keeps_its_rank(alice):
    keep(alice, "Nickname Only", "x@example.org")
    keep(alice, "Nickname Other", "y@example.org")
    write_to(alice, ("Formal Name", "y@example.org"), at=timezone.now())
    assert addresses(alice, "nickname") == ["y@example.org", "x@example.org"]


def test_ones_own_groups_are_offered_with_their_people(alice, client):
    uid = keep(alice, "Ina", "ina@example.org")
    opened = book.open_book(factories.open_mailbox(alice))
    groups.create(opened, "Choir north", [uid, "mailto:z@example.org"])
    client.force_login(alice)
    [group] = client.get("/mail/compose/suggest/", {"q": "choir"}).json()["results"]
    assert (group["kind"], group["members"]) == ("group", 2)
    assert group["people"] == [{"name": "Ina", "address": "ina@example.org"}, {"name": "", "address": "z@example.org"}]


def test_a_contact_is_known_even_if_never_written_to(alice):
    assert not correspondents.is_known(factories.open_mailbox(alice), "ina@example.org")
    keep(alice, "Ina", "ina@example.org")
    assert correspondents.is_known(factories.open_mailbox(alice), "INA@example.org")
