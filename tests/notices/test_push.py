"""Web push from new mail to a push service that decrypts as a browser does, and against services that mean harm."""

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client, override_settings
from django.utils import timezone

from mailapp.notices import encryption, operations, sending
from mailapp.notices.models import PushSubscription
from mailapp.store import appending
from tests import factories
from workmail.accounts import preferences
from workmail.accounts.actor import Actor
from workmail.accounts.models import Session
from workmail.errors import Forbidden, Invalid

pytestmark = pytest.mark.django_db


class PushService:
    """A push service with one browser behind it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        self.status = 201
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                service.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(service.status)
                self.send_header("Content-Length", "0")
                if 300 <= service.status < 400:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}/send/one"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def values(self) -> dict[str, str]:
        """What the browser tells the page."""
        point = encryption.encode(encryption.public_point(self.key))
        return {"endpoint": self.endpoint, "point": point, "auth": encryption.encode(self.auth)}

    def notices(self) -> list[dict[str, Any]]:
        return [json.loads(encryption.decrypt(body, self.key, self.auth)) for _path, _fields, body in self.requests]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[PushService]:
    running = PushService()
    with override_settings(PUSH_ALLOW_PRIVATE=True):
        yield running
    running.close()


@pytest.fixture
def alice() -> Any:
    return factories.make_user(factories.make_organization("example", domain="example.test"), "alice")


@pytest.fixture
def client(alice: Any) -> Client:
    preferences.save(factories.actor_for(alice), alice, {"notify": "hidden"})
    client = Client()
    client.force_login(alice)
    return client


def arrives(user: Any, subject: str, *, at: datetime | None = None, folder: str = "inbox", **flags: bool) -> None:
    opened = factories.open_folder(user, folder)
    raw = factories.make_message_bytes(subject=subject, to="alice@example.test", from_="Bob <bob@example.org>")
    sealed = appending.seal(
        opened.keys, appending.prepare(raw), internal_date=at or datetime.now(UTC), flags=appending.Flags(**flags)
    )
    appending.append(opened, [sealed])


def subscribes(client: Client, service: PushService) -> None:
    response = client.post("/mail/push/subscribe/", service.values)
    assert response.status_code == 200, response.content


@pytest.fixture
def stores(django_capture_on_commit_callbacks: Any) -> Any:
    """Run what is to be done after the commit, without its tasks: each test sends by itself."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture(autouse=True)
def _no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    from mailapp.notices import tasks

    monkeypatch.setattr(tasks.tell, "apply_async", lambda **_options: None)


def later(seconds: float = 3) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def test_new_mail_is_told_encrypted_and_signed(client, service, alice, stores):
    subscribes(client, service)
    with stores():
        arrives(alice, "Forty pallets")
    assert sending.send_due() == 0, "what comes together is told together"
    assert sending.send_due(later()) == 1
    [(path, fields, body)] = service.requests
    assert path == "/send/one"
    assert fields["content-encoding"] == "aes128gcm"
    assert fields["authorization"].startswith("vapid t=")
    assert operations.public_key() in fields["authorization"]
    assert int(fields["ttl"]) > 0
    assert b"pallets" not in body
    [notice] = service.notices()
    assert (notice["title"], notice["body"]) == ("Bob", "Forty pallets")
    assert notice["url"].startswith("/mail/")
    assert sending.send_due(later(60)) == 0, "told once"


def test_a_burst_is_one_notice(client, service, alice, stores):
    subscribes(client, service)
    for number in range(3):
        with stores():
            arrives(alice, f"Pallet {number}")
    assert sending.send_due(later()) == 1
    [notice] = service.notices()
    assert notice["title"] == "3 new messages"
    assert "Pallet 2" in notice["body"]
    with stores():
        arrives(alice, "Pallet 3")
    assert sending.send_due(timezone.now() + timedelta(seconds=4)) == 0, "after a pause"
    assert sending.send_due(later(20)) == 1


@pytest.mark.parametrize(
    "values", [{"folder": "archive"}, {"is_seen": True}, {"at": datetime.now(UTC) - timedelta(days=2)}]
)
def test_what_is_no_news_is_not_told(client, service, alice, stores, values):
    subscribes(client, service)
    with stores():
        arrives(alice, "Old", **values)
    assert sending.send_due(later()) == 0


def test_what_was_read_meanwhile_is_not_told(client, service, alice, stores):
    subscribes(client, service)
    with stores():
        arrives(alice, "Read at once")
    factories.open_folder(alice, "inbox").messages.update(is_seen=True)
    assert sending.send_due(later()) == 0
    assert service.requests == []


def test_who_wants_no_notices_gets_none(client, service, alice, stores):
    subscribes(client, service)
    preferences.save(factories.actor_for(alice), alice, {"notify": "off"})
    with stores():
        arrives(alice, "Quiet")
    assert sending.send_due(later()) == 0


def test_the_words_are_in_the_language_of_the_person(client, service, alice, stores):
    subscribes(client, service)
    preferences.save(factories.actor_for(alice), alice, {"language": "ru"})
    with stores():
        arrives(alice, "Сорок паллет")
    assert sending.send_due(later()) == 1
    assert service.notices()[0]["language"] == "ru"


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(client, service, alice, stores, status):
    subscribes(client, service)
    service.status = status
    with stores():
        arrives(alice, "Into nowhere")
    assert sending.send_due(later()) == 0
    assert not PushSubscription.objects.exists()


def test_a_service_that_is_down_is_asked_again_ever_later_and_then_no_more(client, service, alice, stores):
    subscribes(client, service)
    service.status = 503
    with stores():
        arrives(alice, "Try again")
    now, waits = later(), []
    for _ in range(sending.MOST_ATTEMPTS):
        sending.send_due(now)
        row = PushSubscription.objects.get()
        if row.next_attempt_at is None:
            break
        waits.append((row.next_attempt_at - now).total_seconds())
        now = row.next_attempt_at
    assert waits == sorted(waits)
    assert waits[0] == 30
    assert PushSubscription.objects.get().next_attempt_at is None
    service.status = 201
    with stores():
        arrives(alice, "Back again")
    assert sending.send_due(later()) == 1


def test_a_redirect_is_not_followed(client, service, alice, stores):
    subscribes(client, service)
    service.status = 307
    with stores():
        arrives(alice, "Elsewhere")
    sending.send_due(later())
    assert [path for path, _fields, _body in service.requests] == ["/send/one"]


def test_two_workers_tell_once(client, service, alice, stores):
    subscribes(client, service)
    with stores():
        arrives(alice, "Once")
    now, pk = later(), PushSubscription.objects.get().pk
    assert sending._claim(pk, now)
    assert not sending._claim(pk, now)


def test_signing_out_ends_it(client, service):
    subscribes(client, service)
    client.post("/sign-out/")
    assert not PushSubscription.objects.exists()


def test_ending_the_session_from_elsewhere_ends_it(client, service):
    subscribes(client, service)
    Session.objects.all().delete()
    assert not PushSubscription.objects.exists()


def test_the_same_browser_twice_is_one_subscription(client, service):
    subscribes(client, service)
    subscribes(client, service)
    assert PushSubscription.objects.count() == 1


def test_a_browser_tells_one_person_only(client, service, alice):
    subscribes(client, service)
    bob = factories.make_user(alice.organization, "bob")
    other = Client()
    other.force_login(bob)
    subscribes(other, service)
    assert [row.user_id for row in PushSubscription.objects.all()] == [bob.pk]


def test_nobody_ends_the_subscription_of_somebody_else(client, service, alice):
    subscribes(client, service)
    stranger = factories.make_user(factories.make_organization("other", domain="other.test"), "eve")
    other = Client()
    other.force_login(stranger)
    assert other.post("/mail/push/unsubscribe/", {"endpoint": service.endpoint}).json() == {"unsubscribed": False}
    assert PushSubscription.objects.count() == 1
    assert client.post("/mail/push/unsubscribe/", {"endpoint": service.endpoint}).json() == {"unsubscribed": True}


def test_private_addresses_are_not_asked(client, service, alice, stores):
    with override_settings(PUSH_ALLOW_PRIVATE=False):
        values = service.values | {"endpoint": "https://127.0.0.1/send"}
        assert client.post("/mail/push/subscribe/", values).status_code == 200
        with stores():
            arrives(alice, "Inside")
        assert sending.send_due(later()) == 0
        assert PushSubscription.objects.get().attempts == 1
    assert service.requests == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": "https://" + "a" * 3_000},
        {"point": "AAAA"},
        {"auth": "AAAA"},
        {"point": "никакой"},
    ],
)
def test_what_no_browser_makes_is_refused(client, service, wrong):
    response = client.post("/mail/push/subscribe/", service.values | wrong, headers={"Accept": "application/json"})
    assert response.status_code == 422 or response.status_code == 400
    assert not PushSubscription.objects.exists()


def test_who_is_not_signed_in_subscribes_nothing(service):
    assert Client().post("/mail/push/subscribe/", service.values).status_code == 302
    with pytest.raises(Forbidden):
        operations.subscribe(Actor(None), None, **service.values)


def test_the_endpoint_is_kept_sealed(client, service):
    subscribes(client, service)
    assert service.endpoint.encode() not in bytes(PushSubscription.objects.get().sealed)


def test_an_open_page_asks_what_is_new_and_reading_changes_nothing(client, alice, stores):
    first = client.get("/mail/news/").json()
    assert first["count"] == 0
    with stores():
        arrives(alice, "News")
    answer = client.get("/mail/news/", {"after": first["last"]}).json()
    assert (answer["count"], answer["title"], answer["body"]) == (1, "Bob", "News")
    assert answer["last"] > first["last"]
    assert client.get("/mail/news/", {"after": answer["last"]}).json()["count"] == 0
    assert not factories.open_folder(alice, "inbox").messages.get().is_seen
    assert client.get("/mail/news/", {"after": "x"}, headers={"Accept": "application/json"}).status_code in (400, 422)


def test_invalid_is_what_operations_raise(alice, service):
    with pytest.raises((Invalid, Forbidden)):
        operations.subscribe(factories.actor_for(alice), None, endpoint="x", point="", auth="")
