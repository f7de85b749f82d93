"""What makes the site an application: manifest, icons, worker, the page without a connection."""

import json
import re
import struct
from pathlib import Path

import pytest
from django.test import Client, override_settings

from tests import factories

ROOT = Path(__file__).resolve().parents[2]


def worker_knows(client: Client) -> dict:
    text = client.get("/service-worker.js").content.decode()
    return json.loads(re.search(r"self\.workmail = (\{.*?\});\n", text, re.DOTALL).group(1))


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("en", "Write a message"), ("fr", "Écrire un message")])
def test_the_manifest_speaks_the_language_of_the_person(language, words):
    response = Client().get("/manifest.webmanifest", headers={"Accept-Language": language})
    manifest = response.json()
    assert response["Content-Type"] == "application/manifest+json"
    assert manifest["lang"] == language
    assert manifest["display"] == "standalone"
    assert manifest["start_url"] == "/mail/"
    assert manifest["shortcuts"][0]["name"] == words
    assert {"192x192", "512x512", "any"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert any(icon.get("purpose") == "maskable" for icon in manifest["icons"])


@pytest.mark.parametrize(
    ("name", "size"), [("icon-180", 180), ("icon-192", 192), ("icon-512", 512), ("icon-maskable-512", 512)]
)
def test_each_icon_has_the_size_it_says(name, size):
    octets = (ROOT / "static" / "img" / f"{name}.png").read_bytes()
    assert octets.startswith(b"\x89PNG")
    assert struct.unpack(">II", octets[16:24]) == (size, size)


@pytest.mark.django_db
def test_the_worker_is_asked_for_at_every_visit_and_runs_nothing_from_elsewhere():
    response = Client().get("/service-worker.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "worker-src 'self'" in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_the_worker_knows_where_to_look(settings):
    paths = worker_knows(Client())["paths"]
    assert paths["mail"] == "/mail/"
    assert paths["signOut"] == "/sign-out/"
    assert paths["offline"] == "/offline/"
    with override_settings(DEBUG=True):
        assert worker_knows(Client())["shell"] == []


@pytest.mark.django_db
def test_the_page_without_a_connection_names_nobody():
    user = factories.make_user(factories.make_organization("example", domain="example.test"), "alice")
    client = Client()
    client.force_login(user)
    page = client.get("/offline/").content.decode()
    shown = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert "No connection" in shown
    assert str(user) not in shown
    assert user.organization.name not in shown
