"""The pages of rules and the automatic reply, as forms without script."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mailapp.categories import shelf
from mailapp.categories.shelf import Shelf
from mailapp.jobs import operations as jobs
from mailapp.rules import operations, replies
from mailapp.rules.definition import Action, Kind, Match, Operator, Subject
from mailapp.store import folders
from mailapp.web.rules import building, urls
from tests import factories
from tests.rules.conftest import rule

pytestmark = pytest.mark.django_db
SECRET = "the merger with Brightwater"


@pytest.fixture
def organization(db: None) -> Any:
    return factories.make_organization("example", domain="example.test")


@pytest.fixture
def alice(organization: Any) -> Any:
    return factories.make_user(organization, "alice")


@pytest.fixture
def client(alice: Any) -> Client:
    return client_of(alice)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def mailbox(user: Any) -> Any:
    return factories.open_mailbox(user)


def page(client: Client, name: str = "rules", *arguments: object) -> str:
    response = client.get(reverse(f"mail:{name}", args=arguments))
    assert response.status_code == 200
    return response.content.decode()


def undo_of(html: str) -> str:
    found = re.search(r'action="(/settings/rules/undo/\?undo=[^"]+)"', html)
    assert found
    return found.group(1)


BASIC = {"match": "all", "c-0-test": "subject:contains", "c-0-values": "offer\nangebot", "filing": "stay", "flag": "on"}


# --- Building --------------------------------------------------------------------------------------------------


def test_a_rule_is_made_changed_and_taken_back_without_script(client: Client, alice: Any):
    target = folders.create(mailbox(alice), "Projects").folder
    data = BASIC | {
        "c-1-test": "size:larger",
        "c-1-values": "2.5",
        "x-0-test": "importance:is:high",
        "filing": "move",
        "move": target.pk.hex,
        "copy": "",
        "categorize": "Red, Проекты",
        "redirect": "out@example.net, more@example.net",
        "stop": "on",
    }
    response = client.post(reverse("mail:rule_new"), data, follow=True)
    html = response.content.decode()
    assert "move to Projects, flag, give the category Red, give the category Проекты, redirect to" in html
    (made,) = operations.listed(mailbox(alice))
    assert made.definition.conditions[0].values == ("offer", "angebot")
    assert made.definition.conditions[1].values == (str(int(2.5 * 1024 * 1024)),)
    edit = page(client, "rule_edit", made.id)
    assert ">2.5</textarea>" in edit
    known = shelf.of(factories.open_mailbox(alice))
    assert building.definition_of(building.of_definition(made.definition, known), known) == made.definition
    client.post(undo_of(html))
    assert operations.listed(mailbox(alice)) == []


def test_rows_are_added_and_removed_and_nothing_typed_is_lost(client: Client):
    url = reverse("mail:rule_new")
    html = client.post(url, BASIC | {"add": "c"}).content.decode()
    assert 'name="c-1-test" autofocus' in html
    assert "offer\nangebot" in html
    html = client.post(url, BASIC | {"c-1-test": "attachment:", "remove": "c-0"}).content.decode()
    assert 'value="attachment:" selected' in html
    assert 'name="c-1-test"' not in html


def test_what_is_wrong_is_said_where_it_is_and_the_form_stays(client: Client, alice: Any):
    data = {"match": "all", "c-0-test": "", "c-1-test": "from:is", "c-1-values": "", "filing": "stay", "flag": "on"}
    response = client.post(reverse("mail:rule_new"), data)
    html = response.content.decode()
    assert response.status_code == 422
    assert '<a href="#c-1-values">Write what to look for.</a>' in html
    assert 'aria-describedby="c-1-error' in html
    assert not operations.listed(mailbox(alice))


def test_the_sentence_is_said_while_the_form_is_filled_in(client: Client):
    html = client.post(reverse("mail:rule_sentence"), BASIC).content.decode()
    assert "If the subject contains “offer” or “angebot”, flag." in html
    assert "then stands here" in client.post(reverse("mail:rule_sentence"), {}).content.decode()


@pytest.mark.parametrize("test", [value for _, options in building.tests() for value, _ in options])
def test_every_test_that_is_offered_makes_a_rule(client: Client, alice: Any, test: str):
    data = {"match": "any", "c-0-test": test, "c-0-values": "5", "c-0-header": "X-A", "filing": "delete"}
    assert client.post(reverse("mail:rule_new"), data).status_code == 302
    (made,) = operations.listed(mailbox(alice))
    assert building.of_definition(made.definition, Shelf(())).conditions[0].test == test


def test_a_rule_begins_from_a_message(client: Client, alice: Any):
    message = factories.store_message(alice, factories.make_message_bytes(from_="Ana <ana@carrier.example>"))
    opened = client.get(reverse("mail:message", args=[message.folder_id, message.key])).content.decode()
    address = f"{reverse('mail:rule_new')}?message={message.key}"
    assert f'href="{address}"' in opened
    html = client.get(address).content.decode()
    assert ">ana@carrier.example</textarea>" in html
    assert 'value="from:is" selected' in html


def test_a_rule_from_a_list_message_is_about_the_list(client: Client, alice: Any):
    raw = factories.make_message_bytes(header_fields=[("List-Id", "Hikers <hikers.example.org>")])
    message = factories.store_message(alice, raw)
    html = client.get(f"{reverse('mail:rule_new')}?message={message.key}").content.decode()
    assert 'value="list:contains" selected' in html
    assert ">hikers.example.org</textarea>" in html


# --- The list --------------------------------------------------------------------------------------------------


def test_switching_ordering_and_deleting_each_with_undo(client: Client, alice: Any):
    first, second = (operations.create(mailbox(alice), rule(Kind.FLAG, subject=word)) for word in ("aa", "bb"))

    def state() -> list[tuple[str, bool]]:
        return [(r.definition.conditions[0].values[0], r.is_on) for r in operations.listed(mailbox(alice))]

    before = state()
    for name, rule_id, data, after in (
        ("rule_switch", first.id, {"on": "0"}, [("aa", False), ("bb", True)]),
        ("rule_shift", second.id, {"by": "-1"}, [("bb", True), ("aa", True)]),
        ("rule_delete", first.id, {}, [("bb", True)]),
    ):
        html = client.post(reverse(f"mail:{name}", args=[rule_id]), data, follow=True).content.decode()
        assert state() == after
        client.post(undo_of(html))
        assert state() == before


def test_the_focus_stays_on_the_button_that_was_pressed(client: Client, alice: Any):
    operations.create(mailbox(alice), rule(Kind.FLAG, subject="aa"))
    made = operations.create(mailbox(alice), rule(Kind.FLAG, subject="bb"))
    html = client.post(reverse("mail:rule_shift", args=[made.id]), {"by": "-1"}, follow=True).content.decode()
    assert re.search(rf'id="up-{made.id}"[^>]* autofocus', html)
    assert html.count("autofocus") == 1


def test_a_problem_stands_by_its_rule(client: Client, alice: Any):
    made = operations.create(mailbox(alice), rule(Kind.FLAG))
    operations.note_problem(made.id, "folder_gone")
    assert "Its folder was deleted" in page(client)


def test_a_rule_is_run_after_its_count(client: Client, alice: Any):
    made = operations.create(mailbox(alice), rule(Kind.FLAG, subject="invoice"))
    for word in ("invoice", "letter"):
        factories.store_message(alice, factories.make_message_bytes(subject=word))
    html = page(client, "rule_run", made.id)
    assert "The rule fits 1 message of 2." in html
    assert factories.open_folder(alice).messages.filter(is_flagged=True).count() == 0
    client.post(reverse("mail:rule_run", args=[made.id]), {"folder": str(factories.open_folder(alice).folder.pk)})
    (job,) = jobs.listed(mailbox(alice))
    assert "Rule on Inbox" in job.title
    assert "Rule on Inbox" in page(client)


# --- The automatic reply ---------------------------------------------------------------------------------------

AWAY = {"is_on": "on", "inside": "Ask Bob.", "outside": "I am away.", "audience": "known"}


def test_the_automatic_reply_is_previewed_kept_and_turned_off(client: Client, alice: Any):
    url = reverse("mail:automatic_reply")
    html = client.post(url, AWAY | {"then": "preview"}).content.decode()
    assert "Automatic reply: Lunch on Friday?" in html
    assert not replies.get(mailbox(alice)).is_on
    client.post(url, AWAY)
    assert replies.get(mailbox(alice)).state() == replies.State.ON
    for place in (url, reverse("mail:rules"), reverse("mail:home")):
        assert "utomatic reply is on" in client.get(place, follow=True).content.decode()
    client.post(url, {"turn": "off"})
    kept = replies.get(mailbox(alice))
    assert (kept.is_on, kept.texts.inside) == (False, "Ask Bob.")
    assert "utomatic reply is on" not in client.get(reverse("mail:home"), follow=True).content.decode()


def test_times_are_those_of_the_persons_zone(client: Client, alice: Any):
    alice.preferences = {"time_zone": "America/New_York"}
    alice.save()
    client.post(
        reverse("mail:automatic_reply"), AWAY | {"starts_at": "2030-01-10T08:00", "ends_at": "2030-01-20T18:00"}
    )
    kept = replies.get(mailbox(alice))
    assert kept.starts_at.isoformat() == "2030-01-10T13:00:00+00:00"
    html = page(client, "automatic_reply")
    assert 'value="2030-01-10T08:00"' in html
    assert "The automatic reply begins on" in html


def test_an_empty_text_is_refused_beside_the_field(client: Client):
    response = client.post(reverse("mail:automatic_reply"), AWAY | {"inside": ""})
    assert response.status_code == 422
    assert "Write what your colleagues get as an answer." in response.content.decode()


def test_the_settings_lead_here(client: Client):
    html = client.get(reverse("settings")).content.decode()
    assert f'href="{reverse("mail:rules")}"' in html
    assert f'href="{reverse("mail:automatic_reply")}"' in html


# --- Nobody else -----------------------------------------------------------------------------------------------


@pytest.fixture
def addresses(alice: Any) -> dict[str, str]:
    made = operations.create(
        mailbox(alice), rule(Action(Kind.FORWARD, addresses=("out@example.net",)), Kind.FLAG, subject=SECRET)
    )
    values = {"rule_id": made.id, "job_id": "00000000-0000-4000-8000-000000000000"}
    found = {}
    for pattern in urls.urlpatterns:
        wanted = pattern.pattern.converters
        found[pattern.name] = reverse(f"mail:{pattern.name}", kwargs={name: values[name] for name in wanted})
    return found


OWN = {"rules", "rule_new", "rule_sentence", "rules_undo", "automatic_reply", "rules_export", "rules_import"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_sent_to_sign_in_everywhere(addresses: dict[str, str], method: str):
    for name, address in addresses.items():
        response = getattr(Client(), method)(address)
        assert response.status_code in (302, 405), name
        assert SECRET.encode() not in response.content


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["colleague", "administrator", "foreign administrator"])
def test_nobody_else_finds_anything(alice: Any, organization: Any, addresses: dict[str, str], who: str, method: str):
    user = {
        "colleague": lambda: factories.make_user(organization, "bob"),
        "administrator": lambda: factories.administrator_of(organization),
        "foreign administrator": lambda: factories.administrator_of(factories.make_organization("other")),
    }[who]()
    before = operations.listed(mailbox(alice))
    for name, address in addresses.items():
        response = getattr(client_of(user), method)(address)
        if name in OWN:
            assert response.status_code in (200, 302, 400, 405, 409, 422), (name, response.status_code)
        else:
            assert response.status_code in (404, 405), (name, response.status_code)
        assert SECRET.encode() not in response.content, name
    assert operations.listed(mailbox(alice)) == before


def test_a_folder_of_somebody_else_is_no_target(client: Client, alice: Any, organization: Any):
    foreign = factories.open_folder(factories.make_user(organization, "bob")).folder
    response = client.post(reverse("mail:rule_new"), BASIC | {"filing": "move", "move": foreign.pk.hex})
    assert response.status_code == 422
    made = operations.create(mailbox(alice), rule(Kind.FLAG))
    assert client.post(reverse("mail:rule_run", args=[made.id]), {"folder": str(foreign.pk)}).status_code == 404


def test_an_undo_of_somebody_else_undoes_nothing(client: Client, alice: Any, organization: Any):
    made = operations.create(mailbox(alice), rule(Kind.FLAG, subject="aa"))
    html = client.post(reverse("mail:rule_delete", args=[made.id]), follow=True).content.decode()
    bob = factories.make_user(organization, "bob")
    assert client_of(bob).post(undo_of(html)).status_code in (400, 422)
    assert operations.listed(mailbox(bob)) == []


def test_what_conditions_and_matches_there_are_stays_known():
    """The form names them in addresses of its own; a new one needs words there."""
    offered = {value.partition(":")[0] for _, options in building.tests() for value, _ in options}
    assert offered == {str(subject) for subject in Subject}
    assert {str(match) for match in Match} == {"all", "any", "every"}
    assert Operator.NONE == ""
