"""What every answer has around it: headers, the person's language, refusals in the form that was asked for."""

import gzip
import json
from html.parser import HTMLParser

import pytest
from django.test import Client, override_settings

from tests.factories import administrator_of, make_organization
from workmail.accounts import preferences

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.ui.pages")]


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "localhost"}, raise_request_exception=False)


@pytest.fixture
def person(client):
    user = administrator_of(make_organization())
    client.force_login(user)
    return user


class _Tags(HTMLParser):
    """Counts what must be there once, and collects ids."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attributes if name == "id" and value]


# --- Headers -------------------------------------------------------------------------------------------------------


def test_every_page_has_a_strict_policy(client):
    response = client.get("/nothing/here/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self' ws://localhost;" in policy
    assert "frame-ancestors 'self'; base-uri 'none'" in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("host", ["localhost; script-src *", "localhost script-src", "local/host"])
def test_a_strange_host_cannot_write_into_the_policy(client, host):
    with override_settings(ALLOWED_HOSTS=["*"]):
        response = client.get("/nothing/", headers={"host": host})
    assert "script-src *" not in response["Content-Security-Policy"]
    assert "host" not in response["Content-Security-Policy"].partition("connect-src")[2].partition(";")[0]


def test_pages_are_compressed_and_never_twice_of_the_same_length(client):
    answers = [client.get("/nothing/", headers={"accept-encoding": "br, gzip"}) for _ in range(8)]
    assert {answer["Content-Encoding"] for answer in answers} == {"gzip"}
    assert "There is nothing at this address" in gzip.decompress(answers[0].content).decode()
    assert "Accept-Encoding" in answers[0]["Vary"]
    assert len({len(answer.content) for answer in answers}) > 1
    assert not client.get("/nothing/").has_header("Content-Encoding")
    assert not client.get("/session/", headers={"accept-encoding": "gzip"}).has_header("Content-Encoding")


# --- Language ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "language"), [("fr-CA,fr;q=0.9", "fr"), ("ru", "ru"), ("de", "en"), ("x" * 600, "en"), ("", "en")]
)
def test_a_stranger_is_addressed_in_the_language_of_their_browser(client, accepted, language):
    response = client.get("/nothing/", headers={"accept-language": accepted})
    assert response["Content-Language"] == language
    assert f'<html lang="{language}"' in response.text
    assert "Accept-Language" in response["Vary"]
    assert "Cookie" in response["Vary"]


def test_a_chosen_language_is_kept_before_and_after_signing_in(client):
    response = client.post("/language/", {"language": "fr", "next": "/sign-in/?a=1"})
    assert response["Location"] == "/sign-in/?a=1"
    assert client.get("/nothing/", headers={"accept-language": "ru"})["Content-Language"] == "fr"
    assert client.post("/language/", {"language": "xx"}).status_code == 302
    assert client.get("/nothing/")["Content-Language"] == "fr"


def test_the_setting_of_a_person_stands_above_the_browser(client, person):
    client.post("/language/", {"language": "ru"})
    del client.cookies["workmail_language"]
    assert client.get("/nothing/", headers={"accept-language": "fr"})["Content-Language"] == "ru"
    person.refresh_from_db()
    assert preferences.of(person).language == "ru"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_choosing_never_leads_to_another_host(client, target):
    assert client.post("/language/", {"language": "fr", "next": target})["Location"] == "/"


def test_russian_pages_preload_both_fonts(client):
    assert client.get("/nothing/", headers={"accept-language": "ru"}).text.count('as="font"') == 2
    assert client.get("/nothing/", headers={"accept-language": "en"}).text.count('as="font"') == 1


# --- Appearance ----------------------------------------------------------------------------------------------------


def test_a_stranger_s_theme_is_a_cookie(client):
    client.post("/appearance/", {"theme": "dark", "contrast": "more", "density": "compact"})
    page = client.get("/nothing/").text
    assert 'data-theme="dark" data-contrast="more"' in page


def test_a_person_s_theme_is_their_setting_on_every_device(client, person):
    response = client.post(
        "/appearance/", {"theme": "dark", "shortcuts": "off"}, headers={"accept": "application/json"}
    )
    assert response.json() == {"done": True}
    person.refresh_from_db()
    assert preferences.of(person).theme == "dark"
    assert preferences.of(person).shortcuts == "off"
    other = Client(headers={"host": "localhost"})
    other.force_login(person)
    assert 'data-theme="dark"' in other.get("/nothing/").text


@pytest.mark.parametrize("values", [{"theme": "pink"}, {"theme": "<script>"}, {"time_zone": "Europe/Paris"}, {}])
def test_appearance_takes_only_what_it_offers(client, person, values):
    before = person.preferences
    assert client.post("/appearance/", values).status_code == 302
    person.refresh_from_db()
    assert person.preferences == before


def test_choices_are_changed_by_post_only(client):
    assert client.get("/appearance/").status_code == 405
    assert client.get("/language/").status_code == 405


# --- Refusals ------------------------------------------------------------------------------------------------------

REFUSALS = [
    ("NotFound", 404),
    ("Forbidden", 403),
    ("Invalid", 400),
    ("AlreadyExists", 409),
    ("Stale", 409),
    ("HorizonPassed", 410),
    ("OverQuota", 507),
    ("LimitExceeded", 429),
    ("KeyUnavailable", 503),
]


@pytest.mark.parametrize(("kind", "status"), REFUSALS)
def test_a_refusal_is_a_page_that_says_what_to_do(client, kind, status):
    response = client.get(f"/refuse/{kind}/", headers={"accept-language": "en"})
    assert response.status_code == status
    tags = _Tags()
    tags.feed(response.text)
    assert tags.tags.count("h1") == 1
    assert len(tags.ids) == len(set(tags.ids))
    from workmail import errors

    assert str(getattr(errors, kind).sentence) in response.text


@pytest.mark.parametrize(("kind", "status"), REFUSALS)
def test_a_refusal_is_json_for_a_script(client, kind, status):
    response = client.get(f"/refuse/{kind}/", headers={"accept": "application/json"})
    assert response.status_code == status
    assert set(response.json()) == {"code", "message"}


def test_a_refusal_leaves_a_part_of_the_page_as_it_is(client):
    response = client.get("/refuse/Stale/", headers={"hx-request": "true"})
    assert response.status_code == 409
    assert response["HX-Reswap"] == "none"
    assert json.loads(response["HX-Trigger"])["workmail:refused"]["code"] == "stale"
    assert response.content == b""


def test_what_nobody_expected_is_said_without_details(client, caplog):
    response = client.get("/fail/", headers={"accept-language": "en"})
    assert response.status_code == 500
    assert "Your mail is safe" in response.text
    assert "RuntimeError" not in response.text
    reference = response.text.partition("Number of this failure: ")[2][:12]
    assert reference in caplog.text


def test_an_unknown_address_is_said_in_the_person_s_language(client):
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.text
    assert client.get("/nothing/", headers={"accept": "application/json"}).json()["code"] == "404"


def test_a_form_from_elsewhere_is_refused_in_words():
    client = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    response = client.post("/appearance/", {"theme": "dark"})
    assert response.status_code == 403
    assert "This page was out of date" in response.text
    response = client.post("/appearance/", {"theme": "dark"}, headers={"accept": "application/json"})
    assert response.json()["code"] == "csrf"


# --- Small answers -------------------------------------------------------------------------------------------------


def test_icons_are_sent_by_name(client):
    response = client.get("/icons.svg?names=archive,flag")
    assert response["Content-Type"] == "image/svg+xml"
    assert response.text.count("<symbol") == 2
    assert "max-age" in response["Cache-Control"]


@pytest.mark.parametrize("names", ["no-such-icon", "../../etc/passwd", '"><script>', "x" * 500])
def test_an_unknown_icon_is_not_found(client, names):
    assert client.get("/icons.svg", {"names": names}).status_code == 404


def test_a_page_learns_whether_it_is_signed_in_again(client):
    assert client.get("/session/").json() == {"user": "", "csrf": ""}
    user = administrator_of(make_organization())
    client.force_login(user)
    state = client.get("/session/").json()
    assert state["user"] == str(user.pk)
    assert state["csrf"]
    assert "no-cache" in client.get("/session/")["Cache-Control"]


def test_the_component_page_is_for_developers_only(client):
    assert client.get("/_components/").status_code == 404
    with override_settings(SHOW_COMPONENTS=True):
        assert client.get("/_components/").status_code == 200
        assert client.get("/_components/?page=nothing").status_code == 404


def test_the_layout_carries_what_its_scripts_need(client):
    with override_settings(SHOW_COMPONENTS=True):
        page = client.get("/signed-in/").text
    settings = json.loads(page.partition('id="ui-settings" type="application/json">')[2].partition("</script>")[0])
    assert settings["live"] == "/live/"
    assert settings["organization"] == "Fernhill"
    assert settings["go"]["go-inbox"] == "/mail/"
    assert settings["go"]["go-admin"] == ""
    tags = _Tags()
    tags.feed(page)
    assert len(tags.ids) == len(set(tags.ids))
    assert tags.tags.count("h1") == tags.tags.count("main") == 1
    assert page.count("<title>Components · Fernhill</title>") == 1
