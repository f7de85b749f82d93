"""Keys of one's own: which may be chosen, which collide, what is kept, and the form in which they are typed."""

import json
import re

import pytest
from django.test import Client
from django.utils.translation import override

from tests import factories
from workmail.accounts import own_keys, preferences
from workmail.directory.models import User
from workmail.errors import Forbidden, Invalid
from workmail.ui import commands

JSON = {"accept": "application/json"}
PRESET = {command.id: command.key for command in commands.table().values() if command.may_have_own_key}
OFFERED = sorted(PRESET)


def choose(user: User, **keys: str) -> preferences.Preferences:
    """Give commands keys: ``go_inbox="g x"``."""
    chosen = {name.replace("_", "-"): key for name, key in keys.items()}
    return preferences.save_keys(factories.actor_for(user), user, chosen, among=OFFERED)


def problems_of(user: User, **keys: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        choose(user, **keys)
    assert str(refusal.value) in refusal.value.details["problems"].values()
    return refusal.value.details["problems"]


# --- What is a key ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("", ""),
        ("  ", ""),
        ("e", "e"),
        (" e ", "e"),
        ("E", "Shift+e"),
        ("Shift+e", "Shift+e"),
        ("shift + E", "Shift+e"),
        ("g i", "g i"),
        ("g   I", "g Shift+i"),
        ("u p", "u p"),
        ("#", "#"),
        ("Shift+#", "#"),
        ("+", "+"),
        ("g +", "g +"),
        ("-", "-"),
        ("é", "é"),
        ("e\u0301", "é"),
    ],
)
def test_a_key_is_read_however_it_is_written(typed, key):
    assert own_keys.read(typed) == key
    assert own_keys.read(own_keys.shown(key)) == key


@pytest.mark.parametrize(
    ("typed", "key"),
    [("ш", "i"), ("Ш", "Shift+i"), ("п ш", "g i"), ("х", "["), ("Ю", ">"), ("№", "#"), ("Shift+х", "{")],
)
def test_a_cyrillic_letter_means_the_place_of_its_key(typed, key):
    assert own_keys.read(typed) == key


def test_shift_has_the_name_it_has_on_the_persons_keyboard():
    with override("fr"):
        assert own_keys.shown("Shift+i") == "Maj+I"
        assert own_keys.read("maj+i") == "Shift+i"
    assert own_keys.shown("Shift+i") == "Shift+I"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("Ctrl+R", "for the browser and screen readers"),
        ("ctrl-f", "for the browser and screen readers"),
        ("Cmd+P", "for the browser and screen readers"),
        ("Ctrl+Alt+x", "for the browser and screen readers"),
        ("Shift+Ctrl+a", "for the browser and screen readers"),
        ("F5", "the browser uses it"),
        ("g F1", "the browser uses it"),
        ("Insert", "screen readers and the system use it"),
        ("Caps Lock", "screen readers and the system use it"),
        ("Shift", "screen readers and the system use it"),
        ("Tab", "moves about the page"),
        ("Shift+Tab", "moves about the page"),
        ("Space", "moves about the page"),
        ("Page Up", "moves about the page"),
        ("Backspace", "moves about the page"),
        ("Shift+3", "Write the character that Shift and this key give together"),
        ("a b c", "no more than two"),
        ("ee", "is not a key"),
        ("λ", "is not a key"),
        ("😀", "is not a key"),
        ("\u200b", "is not a key"),
        ("a" * 41, "is not a key"),
    ],
)
def test_what_belongs_to_others_or_is_no_key_is_refused_with_the_reason(typed, reason):
    with pytest.raises(Invalid, match=reason) as refusal:
        own_keys.read(typed)
    assert len(str(refusal.value)) < 250


def test_the_names_of_keys_are_known_in_the_persons_language():
    with override("fr"), pytest.raises(Invalid) as refusal:
        own_keys.read("Suppr")
    assert "Suppr" in str(refusal.value)
    assert "g i" not in str(refusal.value), "it is a key, but not one to choose"


def test_the_keys_of_the_preset_can_all_be_chosen_and_do_not_collide():
    assert {key for key in PRESET.values() if own_keys.read(key) != key} == set()
    assert own_keys.effective({}) == PRESET
    assert own_keys.usable(PRESET | {"archive": "y"}) == {"archive": "y"}


def test_no_own_key_can_be_one_that_works_by_itself():
    """The columns ``always`` and ``row`` hold keys with a modifier and keys with a name: neither can be chosen."""
    others = {key for row in commands.rows() for column in ("always", "row") for key in row.get(column, [])}
    for key in others:
        with pytest.raises(Invalid):
            own_keys.read(key)


# --- What collides ------------------------------------------------------------------------------------------------


def test_a_key_that_is_taken_is_refused_with_the_name_of_the_other_command(alice):
    assert problems_of(alice, archive="s") == {
        "archive": "“s” already belongs to “Flag”. Choose another key, or change that one first."
    }
    assert preferences.of(alice).own_keys == {}


def test_the_first_of_two_keys_cannot_stand_alone(alice):
    assert problems_of(alice, archive="g")["archive"] == (
        "“g” already begins “g i”, which belongs to “Go to the inbox”. Choose another key, or change that one first."
    )
    assert problems_of(alice, archive="s x")["archive"] == (
        "“s x” cannot be reached: its first key, “s”, already belongs to “Flag”. "
        "Choose another key, or change that one first."
    )


def test_two_commands_can_exchange_their_keys_at_once(alice):
    assert choose(alice, archive="s", flag="e").own_keys == {"archive": "s", "flag": "e"}


def test_of_two_that_were_given_the_same_key_one_is_named(alice):
    assert list(problems_of(alice, archive="y", flag="y")) == ["flag"]
    assert list(problems_of(alice, flag="y", archive="y")) == ["flag"]


def test_all_that_is_wrong_is_said_at_once(alice):
    assert list(problems_of(alice, archive="F5", flag="k", move="y")) == ["archive", "flag"]
    assert preferences.of(alice).own_keys == {}


def test_a_key_that_was_given_away_is_free(alice):
    choose(alice, archive="y")
    assert choose(alice, flag="e").own_keys == {"archive": "y", "flag": "e"}
    assert "archive" in problems_of(alice, archive="e"), "it cannot come back while another command has it"


def test_what_is_not_offered_gives_way_without_a_word(alice):
    offered = [name for name in OFFERED if name not in ("label", "go-tasks")]
    kept = preferences.save_keys(factories.actor_for(alice), alice, {"archive": "l"}, among=offered)
    assert own_keys.effective(kept.own_keys)["label"] == ""
    assert own_keys.differences(kept.own_keys) == {"archive": "l", "label": ""}
    kept = preferences.save_keys(factories.actor_for(alice), alice, {"go-tasks": "y y"}, among=OFFERED)
    kept = preferences.save_keys(factories.actor_for(alice), alice, {"flag": "y"}, among=offered)
    assert kept.own_keys == {"archive": "l", "flag": "y"}


def test_a_command_that_is_not_there_cannot_have_a_key(alice):
    for name in ("nothing", "send", "bold"):
        with pytest.raises(Invalid):
            preferences.save_keys(factories.actor_for(alice), alice, {name: "y"}, among=OFFERED)


# --- What is kept -------------------------------------------------------------------------------------------------


def test_only_what_differs_from_the_preset_is_kept(alice):
    choose(alice, archive="y", help="", flag="s")
    alice.refresh_from_db()
    assert alice.preferences["own_keys"] == {"archive": "y", "help": ""}
    choose(alice, archive="e")
    assert choose(alice, help="?").own_keys == {}
    alice.refresh_from_db()
    assert "own_keys" not in alice.preferences


@pytest.mark.parametrize(
    "value",
    [
        None,
        "archive",
        ["archive"],
        7,
        {"archive": 7},
        {"archive": "Ctrl+R"},
        {"archive": "E"},
        {"archive": "x" * 10_000},
        {"archive": "e"},
        {"gone": "y"},
        {"send": "y"},
    ],
)
def test_what_is_kept_but_cannot_be_used_counts_as_not_set(alice, value):
    alice.preferences = {"own_keys": value, "shortcuts": "own"}
    assert preferences.of(alice) == preferences.Preferences(shortcuts="own")


def test_one_unusable_key_does_not_cost_the_others(alice):
    alice.preferences = {"own_keys": {"archive": "y", "gone": "x", "flag": "F5", "move": "y"}}
    assert preferences.of(alice).own_keys == {"archive": "y"}


def test_what_is_kept_is_bounded(alice):
    alice.preferences = {"own_keys": {f"command-{number}": "y" for number in range(10_000)}}
    assert preferences.of(alice).own_keys == {}
    characters = [chr(place) for place in range(0xA1, 0x250) if own_keys._is_key(chr(place))]
    everything = dict(zip(OFFERED, (f"q {character}" for character in characters), strict=False))
    choose(alice, **{name.replace("-", "_"): key for name, key in everything.items()})
    alice.refresh_from_db()
    assert len(json.dumps(alice.preferences["own_keys"])) < 2_000


def test_the_whole_value_is_kept_only_as_it_is_read(alice):
    """So that Undo can put it back."""
    actor = factories.actor_for(alice)
    assert preferences.save(actor, alice, {"own_keys": {"archive": "y"}}).own_keys == {"archive": "y"}
    assert preferences.save(actor, alice, {"own_keys": {}}).own_keys == {}
    for value in ({"archive": "F5"}, {"archive": "e"}, {"archive": "y", "flag": "y"}, "y", None):
        with pytest.raises(Invalid):
            preferences.save(actor, alice, {"own_keys": value})


def test_nobody_chooses_the_keys_of_somebody_else(organization, alice):
    with pytest.raises(Forbidden):
        preferences.save_keys(
            factories.actor_for(factories.administrator_of(organization)), alice, {"archive": "y"}, among=OFFERED
        )


@pytest.mark.parametrize(("preset", "key"), [("gmail", "v"), ("own", "g Shift+V"), ("outlook", ""), ("off", "")])
def test_the_key_that_counts_is_that_of_the_preset(alice, preset, key):
    choose(alice, move="g Shift+v")
    kept = preferences.save(factories.actor_for(alice), alice, {"shortcuts": preset})
    assert kept.single_key("move") == key


# --- The page -----------------------------------------------------------------------------------------------------


def value_of(page: str, command: str) -> str:
    tag = re.search(rf'<input[^>]*id="key-{command}"[^>]*>', page)
    assert tag, command
    value = re.search(r'value="([^"]*)"', tag.group())
    return value.group(1) if value else ""


def typed(page: str) -> dict[str, str]:
    """What a browser sends of the form as it stands on the page."""
    return {f"key-{name}": value_of(page, name) for name in re.findall(r'id="key-([a-z-]+)"', page)}


def page_of(client: Client) -> str:
    return client.get("/settings/").content.decode()


def test_the_preset_is_chosen_and_the_keys_are_typed_without_a_script(browser_of_alice, alice):
    browser_of_alice.post("/settings/keep/keyboard/", {"shortcuts": "own"})
    page = page_of(browser_of_alice)
    assert 'data-keys="own"' in page
    form = typed(page)
    assert (form["key-archive"], form["key-read"], form["key-select-all"]) == ("e", "Shift+I", "")
    answer = browser_of_alice.post("/settings/keys/", form | {"key-archive": "Y", "key-select-all": "* a"})
    assert answer["Location"] == "/settings/#keyboard"
    alice.refresh_from_db()
    assert preferences.of(alice).own_keys == {"archive": "Shift+y", "select-all": "* a"}
    page = page_of(browser_of_alice)
    assert value_of(page, "archive") == "Shift+Y"
    assert "Saved." in page
    assert '"ownKeys": {"select-all": "* a", "archive": "Shift+y"}' in page
    assert browser_of_alice.post("/settings/undo/")["Location"] == "/settings/#keyboard"
    alice.refresh_from_db()
    assert preferences.of(alice).own_keys == {}


def test_each_field_has_a_label_and_no_command_is_there_that_nothing_does(browser_of_alice):
    page = page_of(browser_of_alice)
    shown = re.findall(r'id="key-([a-z-]+)"', page)
    assert all(f'<label for="key-{name}">' in page for name in shown)
    assert {"archive", "go-inbox", "next-pane", "label"} <= set(shown)
    assert not {"go-admin", "go-tasks", "send", "bold"} & set(shown)


def test_an_administrator_is_offered_the_way_to_their_pages(organization, client):
    client.force_login(factories.administrator_of(organization))
    assert 'id="key-go-admin"' in page_of(client)


def test_what_is_wrong_is_said_above_and_at_each_field_and_nothing_is_lost(browser_of_alice, alice):
    form = typed(page_of(browser_of_alice))
    answer = browser_of_alice.post("/settings/keys/", form | {"key-archive": "s", "key-move": "F5", "key-open": "y"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "2 things need correcting" in page
    assert '<a href="#key-archive">Archive: “s” already belongs to “Flag”.' in page
    for name, value in (("archive", "s"), ("move", "F5"), ("open", "y")):
        assert value_of(page, name) == value
    tag = re.search(r'<input[^>]*id="key-archive"[^>]*>', page).group()
    assert 'aria-invalid="true"' in tag
    assert 'aria-describedby="key-archive_error"' in tag
    assert page.count('id="key-archive_error"') == 1
    alice.refresh_from_db()
    assert preferences.of(alice).own_keys == {}


def test_one_key_is_reset_or_all_of_them(browser_of_alice, alice):
    choose(alice, archive="y", flag="*", label="w")
    page = page_of(browser_of_alice)
    assert re.search(r'value="archive" aria-label="Reset “Archive”">Reset<', page)
    assert re.search(r'value="move" aria-label="Reset “Move”" hidden>', page)
    browser_of_alice.post("/settings/keys/", {"reset": "archive"})
    alice.refresh_from_db()
    assert preferences.of(alice).own_keys == {"flag": "*", "label": "w"}
    assert "Saved: “Archive” has the key “e” now." in page_of(browser_of_alice)
    browser_of_alice.post("/settings/keys/", {"reset": "all"})
    alice.refresh_from_db()
    assert preferences.of(alice).own_keys == {}
    assert "Saved: all keys are as in Gmail." in page_of(browser_of_alice)
    browser_of_alice.post("/settings/undo/")
    alice.refresh_from_db()
    assert preferences.of(alice).own_keys == {"flag": "*", "label": "w"}


def test_a_reset_is_refused_while_another_command_has_the_key(browser_of_alice, alice):
    choose(alice, archive="y", flag="e")
    answer = browser_of_alice.post("/settings/keys/", {"reset": "archive"})
    assert answer.status_code == 422
    assert "“e” already belongs to “Flag”." in answer.content.decode()


def test_a_script_sends_one_key_and_hears_what_counts_now(browser_of_alice, alice):
    answer = browser_of_alice.post("/settings/keys/", {"key-archive": "Ш"}, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("“Shift+I” already belongs to “Mark as read”.")
    answer = browser_of_alice.post("/settings/keys/", {"key-archive": "Н"}, headers=JSON).json()
    assert answer["message"] == "Saved: “Archive” has the key “Shift+Y” now."
    assert answer["keys"] == {"archive": "Shift+y"}
    assert answer["shown"]["key-archive"] == "Shift+Y"
    answer = browser_of_alice.post("/settings/keys/", {"key-archive": ""}, headers=JSON).json()
    assert (answer["message"], answer["keys"]) == ("Saved: “Archive” has no key now.", {"archive": ""})
    assert browser_of_alice.post("/settings/keys/", {}, headers=JSON).json()["message"] == "Nothing was changed."


def test_turning_single_keys_off_and_on_again_keeps_ones_own(browser_of_alice, alice):
    choose(alice, archive="y")
    preferences.save(factories.actor_for(alice), alice, {"shortcuts": "off"})
    assert '<input type="checkbox" name="shortcuts" value="own"' in page_of(browser_of_alice)
    preferences.save(factories.actor_for(alice), alice, {"own_keys": {}})
    assert '<input type="checkbox" name="shortcuts" value="gmail"' in page_of(browser_of_alice)


def test_only_the_person_themselves_can_post(client, organization):
    assert client.post("/settings/keys/", {"key-archive": "y"}).status_code == 302
    client.force_login(factories.make_user(organization, "bob"))
    assert client.get("/settings/keys/").status_code == 405


@pytest.mark.parametrize("language", ["fr", "ru"])
def test_the_form_speaks_the_persons_language(browser_of_alice, alice, language):
    preferences.save(factories.actor_for(alice), alice, {"language": language, "shortcuts": "own"})
    page = page_of(browser_of_alice)
    assert value_of(page, "read") == {"fr": "Maj+I", "ru": "Shift+I"}[language]
    answer = browser_of_alice.post("/settings/keys/", typed(page))
    assert answer.status_code == 302, "what the page shows can be sent back as it is"
    alice.refresh_from_db()
    assert preferences.of(alice).own_keys == {}
