"""Personal settings: typed, checked, kept one by one, and taken back."""

import pytest

from tests import factories
from workmail.accounts import preferences
from workmail.accounts.preferences import Preferences
from workmail.accounts.web.preference_forms import SECTION_OF_FIELD
from workmail.errors import Forbidden, Invalid

JSON = {"accept": "application/json"}


def test_a_new_person_has_the_defaults_and_the_language_of_the_organization(organization, alice):
    kept = preferences.of(alice)
    assert kept == Preferences(language="en")


def test_what_is_kept_but_no_longer_known_counts_as_not_set(alice):
    alice.preferences = {"theme": "purple", "gone": 1, "conversations": "maybe", "density": "compact", "language": 7}
    assert preferences.of(alice) == Preferences(density="compact")


@pytest.mark.parametrize(
    "name, given, kept",
    [
        ("theme", "dark", "dark"),
        ("conversations", "off", False),
        ("conversations", "on", True),
        ("mark_read_delay", "5", 5),
        ("undo_send_seconds", "60", 60),
        ("time_zone", "Europe/Paris", "Europe/Paris"),
        ("time_zone", "", ""),
        ("language", "ru", "ru"),
    ],
)
def test_values_are_kept_in_their_types(alice, name, given, kept):
    saved = preferences.save(factories.actor_for(alice), alice, {name: given})
    alice.refresh_from_db()
    assert getattr(saved, name) == getattr(preferences.of(alice), name) == kept


@pytest.mark.parametrize(
    "name, given",
    [
        ("theme", "purple"),
        ("theme", None),
        ("conversations", "maybe"),
        ("mark_read_delay", "soon"),
        ("mark_read_delay", "1000"),
        ("undo_send_seconds", "61"),
        ("undo_send_seconds", "-2"),
        ("undo_send_seconds", True),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Mars/Olympus"),
        ("language", "tlh"),
        ("is_operator", "true"),
        ("role", "administrator"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_kept(alice, name, given):
    with pytest.raises(Invalid) as refusal:
        preferences.save(factories.actor_for(alice), alice, {"density": "compact", name: given})
    assert refusal.value.details["field"] == name
    alice.refresh_from_db()
    assert preferences.of(alice).density == "comfortable"


def test_nobody_changes_the_settings_of_somebody_else(organization, alice):
    with pytest.raises(Forbidden):
        preferences.save(factories.actor_for(factories.administrator_of(organization)), alice, {"theme": "dark"})


def test_the_installation_says_how_long_undo_waits_until_the_person_does(alice, settings):
    settings.UNDO_SEND_SECONDS = 17
    assert preferences.of(alice).effective_undo_send_seconds == 17
    preferences.save(factories.actor_for(alice), alice, {"undo_send_seconds": 0})
    assert preferences.of(alice).effective_undo_send_seconds == 0
    preferences.save(factories.actor_for(alice), alice, {"undo_send_seconds": -1})
    assert preferences.of(alice).effective_undo_send_seconds == 17
    assert "undo_send_seconds" not in alice.preferences


def test_the_time_zone_is_the_persons_or_the_organizations(organization, alice):
    organization.time_zone = "Europe/Oslo"
    organization.save()
    alice = type(alice).objects.get(pk=alice.pk)
    assert preferences.time_zone_of(alice) == "Europe/Oslo"
    preferences.save(factories.actor_for(alice), alice, {"time_zone": "Asia/Tokyo"})
    assert preferences.time_zone_of(alice) == "Asia/Tokyo"


# --- The page -----------------------------------------------------------------------------------------------------


def test_every_preference_is_on_the_page_exactly_once():
    assert sorted(SECTION_OF_FIELD) == sorted(Preferences.__dataclass_fields__)


def test_the_page_works_as_plain_forms(browser_of_alice, alice):
    response = browser_of_alice.post("/settings/keep/appearance/", {"theme": "dark", "contrast": "more"})
    assert response["Location"] == "/settings/#appearance"
    page = browser_of_alice.get("/settings/")
    text = page.content.decode()
    assert 'data-theme="dark"' in text
    assert page.context["status_text"] == "Saved."
    assert 'action="/settings/undo/"' in text
    assert "status_text" not in browser_of_alice.get("/settings/").context, "it is said once"


def test_a_check_box_can_be_cleared(browser_of_alice, alice):
    browser_of_alice.post("/settings/keep/reading/", {"conversations": ["off"]})
    alice.refresh_from_db()
    assert preferences.of(alice).conversations is False
    browser_of_alice.post("/settings/keep/reading/", {"conversations": ["off", "on"]})
    alice.refresh_from_db()
    assert preferences.of(alice).conversations is True


def test_a_change_is_taken_back(browser_of_alice, alice):
    browser_of_alice.post("/settings/keep/reading/", {"reading_pane": "off"})
    assert browser_of_alice.post("/settings/undo/")["Location"] == "/settings/#reading"
    alice.refresh_from_db()
    assert preferences.of(alice).reading_pane == "right"
    assert browser_of_alice.get("/settings/").context["status_text"] == "Undone."
    assert browser_of_alice.post("/settings/undo/").status_code == 302, "a second time changes nothing"


def test_with_a_script_the_status_line_says_what_was_kept(browser_of_alice):
    response = browser_of_alice.post("/settings/keep/reading/", {"reading_pane": "off"}, headers=JSON)
    assert response.json() == {"message": "Saved: Reading pane.", "reload": False}
    assert "status_text" not in browser_of_alice.get("/settings/").context, "it was said already"


def test_a_change_that_touches_every_word_draws_the_page_anew(browser_of_alice):
    response = browser_of_alice.post("/settings/keep/language/", {"time_zone": "Asia/Tokyo"}, headers=JSON)
    assert response.json()["reload"] is True
    page = browser_of_alice.get("/settings/").content.decode()
    assert "Saved: Time zone." in page
    assert page.count(" autofocus") == 1


def test_a_new_language_speaks_at_once(browser_of_alice):
    browser_of_alice.post("/settings/keep/language/", {"language": "fr"})
    assert browser_of_alice.get("/settings/")["Content-Language"] == "fr"


def test_a_wrong_value_is_said_at_its_field(browser_of_alice):
    response = browser_of_alice.post("/settings/keep/writing/", {"undo_send_seconds": "999"})
    assert response.status_code == 422
    assert "Choose a number from -1 to 60." in response.content.decode()
    response = browser_of_alice.post("/settings/keep/writing/", {"undo_send_seconds": "999"}, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_a_section_keeps_only_its_own_fields(browser_of_alice, alice):
    browser_of_alice.post("/settings/keep/appearance/", {"undo_send_seconds": "20", "role": "administrator"})
    alice.refresh_from_db()
    assert (preferences.of(alice).undo_send_seconds, alice.role) == (-1, "user")
    assert browser_of_alice.post("/settings/keep/nothing/", {}).status_code == 404


@pytest.mark.parametrize("language", ["en", "fr", "ru"])
@pytest.mark.parametrize(
    "path",
    [
        "/settings/",
        "/settings/password/",
        "/settings/second-factor/",
        "/settings/second-factor/off/",
        "/settings/application-passwords/",
        "/signed-in/",
    ],
)
def test_every_page_is_shown_in_every_language(browser_of_alice, alice, path, language):
    preferences.save(factories.actor_for(alice), alice, {"language": language})
    response = browser_of_alice.get(path)
    assert (response.status_code, response["Content-Language"]) == (200, language)


def test_the_welcome_page_is_for_administrators(browser_of_alice):
    assert browser_of_alice.get("/welcome/")["Location"] == "/"
