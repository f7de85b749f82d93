"""Leaving a list from its message: in one click, by mail, on the sender's page; and never where it does harm."""

import http.server
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from mailapp.delivery.models import Transit
from mailapp.store import appending
from mailapp.unsubscribing import clicking
from mailapp.unsubscribing.models import Unsubscription
from tests import factories
from tests.mail_web.steps import JSON
from tests.mail_web.test_reading import read
from workmail.audit.models import AuditEntry

pytestmark = pytest.mark.django_db

SIGNATURE = ("DKIM-Signature", "v=1; d=example.org; s=a; h=from:list-unsubscribe:list-unsubscribe-post; b=x")
PASSED = {"dkim": "pass", "dmarc": "pass"}
SCRIPT = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}


class ListServer:
    """The server of a list; it keeps what it was asked and answers with ``status``."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes, dict[str, str]]] = []
        self.status = 200
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append((self.path, body, dict(self.headers)))
                self.send_response(outer.status)
                if outer.status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/leave?who=1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def list_server(settings: Any) -> Iterator[ListServer]:
    settings.REMOTE_IMAGES_ALLOW_PRIVATE = True
    server = ListServer()
    yield server
    server.close()


def store_list_mail(
    user: Any, *uris: str, one_click: bool = True, signed: bool = True, codes: dict[str, str] = PASSED, **values: Any
) -> Any:
    fields = [("List-Id", "<news.example.org>"), ("List-Unsubscribe", ", ".join(f"<{uri}>" for uri in uris))]
    if one_click:
        fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    folder = factories.open_folder(user, values.pop("role", "inbox"))
    raw = factories.make_message_bytes(header_fields=[*fields, SIGNATURE], from_="News <news@example.org>", **values)
    domain = "example.org" if signed else "forwarder.net"
    trace = f"Authentication-Results: {django_settings.MAIL_HOST_NAME};\r\n dkim=pass header.d={domain} header.s=a\r\n"
    sealed = appending.seal(folder.keys, appending.prepare(raw), authentication=codes, trace=trace.encode())
    return appending.append(folder, [sealed])[0]


def leave(client: Client, message: Any, **headers: str) -> Any:
    return client.post(reverse("mail:unsubscribe", args=[message.key]), **headers)


def test_one_click_asks_the_server_once_and_says_so(
    browser_of_alice: Client, alice: Any, list_server: ListServer
) -> None:
    message = store_list_mail(alice, list_server.url)
    html = read(browser_of_alice, message)
    assert 'aria-label="Unsubscribe from News"' in html
    answer = leave(browser_of_alice, message, **SCRIPT)
    assert "Unsubscribing from News." in answer.content.decode()
    assert "You asked to unsubscribe" in answer.content.decode()
    leave(browser_of_alice, message, **SCRIPT)
    clicking.sweep()
    clicking.sweep()
    [(path, body, fields)] = list_server.asked
    assert (path, body) == ("/leave?who=1", b"List-Unsubscribe=One-Click")
    assert fields["Content-Type"] == "application/x-www-form-urlencoded"
    assert not {"Cookie", "Referer", "Authorization"} & fields.keys()
    row = Unsubscription.objects.get()
    assert (row.state, bytes(row.target)) == ("done", b"")
    html = read(browser_of_alice, message)
    assert "You unsubscribed on" in html
    assert "Unsubscribe from News" not in html
    assert AuditEntry.objects.filter(action="list.unsubscribe").count() == 1


def test_other_messages_of_the_list_know_it_too(browser_of_alice: Client, alice: Any, list_server: ListServer) -> None:
    leave(browser_of_alice, store_list_mail(alice, list_server.url), **JSON)
    assert "You asked to unsubscribe" in read(browser_of_alice, store_list_mail(alice, list_server.url))


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_the_server_does_not_accept_is_tried_again_and_then_told(
    browser_of_alice: Client, alice: Any, list_server: ListServer, status: int
) -> None:
    list_server.status = status
    message = store_list_mail(alice, list_server.url)
    leave(browser_of_alice, message, **JSON)
    for _ in range(clicking.MOST_ATTEMPTS + 1):
        clicking.sweep()
        Unsubscription.objects.filter(state="waiting").update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert [path for path, _, _ in list_server.asked] == ["/leave?who=1"] * clicking.MOST_ATTEMPTS  # no redirect
    html = read(browser_of_alice, message)
    assert "did not work" in html
    assert "Unsubscribe from News" in html


def test_a_private_address_is_never_asked(
    browser_of_alice: Client, alice: Any, list_server: ListServer, settings: Any
) -> None:
    leave(browser_of_alice, store_list_mail(alice, list_server.url), **JSON)
    settings.REMOTE_IMAGES_ALLOW_PRIVATE = False
    clicking.sweep()
    assert list_server.asked == []


def test_without_a_valid_signature_over_the_field_a_mail_is_sent_instead(
    browser_of_alice: Client, alice: Any, list_server: ListServer
) -> None:
    message = store_list_mail(alice, list_server.url, "mailto:leave@example.org", signed=False)
    answer = leave(browser_of_alice, message, **JSON).json()
    assert answer["sentence"] == "Unsubscribed from News: a mail was sent to leave@example.org."
    clicking.sweep()
    assert list_server.asked == []


def test_the_mail_comes_from_the_address_that_the_list_knows(sign_in: Callable[..., Client], organization: Any) -> None:
    user = factories.make_user(organization, "ann", aliases=["news-reader"])
    message = store_list_mail(user, "mailto:leave@example.org?subject=leave", to="news-reader@example.test", codes={})
    leave(sign_in(user), message, **JSON)
    [transit] = Transit.objects.all()
    from mailapp.delivery.transits import OpenTransit

    opened = OpenTransit(transit)
    assert opened.envelope.reverse_path == "news-reader@example.test"
    assert b"news-reader@example.test" in opened.raw
    assert b"Subject: leave" in opened.raw
    assert Unsubscription.objects.get().state == "done"
    assert "You unsubscribed on" in read(sign_in(user), message)


def test_a_page_is_opened_by_the_reader_after_a_warning(browser_of_alice: Client, alice: Any) -> None:
    message = store_list_mail(alice, "https://news.example.org/leave", one_click=False)
    html = read(browser_of_alice, message)
    assert "Opening it tells the sender that you read this message." in html
    assert '<a class="btn" href="https://news.example.org/leave" target="_blank" rel="noopener noreferrer' in html
    assert leave(browser_of_alice, message, **JSON).status_code == 400
    assert not Unsubscription.objects.exists()


@pytest.mark.parametrize(
    "values", [{"role": "junk"}, {"codes": {"dkim": "pass", "dmarc": "fail"}}, {"role": "sent", "codes": {}}]
)
def test_nothing_is_offered_where_an_answer_does_harm(
    browser_of_alice: Client, alice: Any, values: dict[str, Any]
) -> None:
    message = store_list_mail(alice, "https://news.example.org/leave", "mailto:leave@example.org", **values)
    assert "Unsubscribe" not in read(browser_of_alice, message)
    assert leave(browser_of_alice, message, **JSON).status_code == 400


def test_without_script_the_page_comes_back_and_says_it(browser_of_alice: Client, alice: Any) -> None:
    message = store_list_mail(alice, "mailto:leave@example.org", one_click=False)
    answer = browser_of_alice.post(reverse("mail:unsubscribe", args=[message.key]), follow=True)
    assert "Unsubscribed from News: a mail was sent to leave@example.org." in answer.content.decode()


def test_strangers_cannot_leave_lists_for_others(sign_in: Callable[..., Client], alice: Any, organization: Any) -> None:
    message = store_list_mail(alice, "mailto:leave@example.org")
    colleague = factories.make_user(organization, "bob")
    foreigner = factories.make_user(factories.make_organization("other", domain="other.test"), "eve")
    for user in (colleague, foreigner):
        assert leave(sign_in(user), message, **JSON).status_code == 404
    assert Client().post(reverse("mail:unsubscribe", args=[message.key])).status_code == 302
    assert not Unsubscription.objects.exists()


def test_only_list_mail_costs_a_statement(browser_of_alice: Client, alice: Any) -> None:
    def statements(message: Any) -> int:
        read(browser_of_alice, message)
        with CaptureQueriesContext(connection) as counted:
            read(browser_of_alice, message)
        return len(counted)

    of_list = store_list_mail(alice, "mailto:leave@example.org", codes={})
    assert statements(of_list) == statements(factories.store_message(alice)) + 1
