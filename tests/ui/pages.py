"""The component page served by a thread of the test: no database, no other room of the house."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from workmail import errors
from workmail.ui import showcase


def signed_in(request: HttpRequest) -> HttpResponse:
    """Show the component page as somebody who has signed in sees it."""
    organization = SimpleNamespace(name="Fernhill", time_zone="")
    request.user = _Person(
        is_authenticated=True, pk="7", organization=organization, addr_spec="nora@example.test", is_administrator=True
    )
    return showcase.answer(request)


class _Person(SimpleNamespace):
    def __str__(self) -> str:
        return "Nora Lindqvist"


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!doctype html><html lang=en><title>Empty</title><p>Empty</p>")


def refuse(request: HttpRequest, kind: str) -> HttpResponse:
    raise getattr(errors, kind)


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("What nobody expected")


urlpatterns = [
    path("", include("workmail.ui.urls")),
    path("signed-in/", signed_in),
    path("refuse/<str:kind>/", refuse),
    path("fail/", fail),
    path(
        "mail/",
        include(
            (
                [
                    path("", empty, name="home"),
                    path("compose/", empty, name="compose"),
                    path("search/", empty, name="search"),
                    path("undo/", empty, name="undo"),
                ],
                "mail",
            )
        ),
    ),
    path("sign-in/", empty, name="account_login"),
    path("sign-out/", empty, name="account_logout"),
]
handler400 = "workmail.ui.views.bad_request"
handler403 = "workmail.ui.views.forbidden"
handler404 = "workmail.ui.views.not_found"
handler500 = "workmail.ui.views.server_error"


class _Handler(WSGIHandler):
    def get_response(self, request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return super().get_response(request)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def serve() -> Iterator[str]:
    """Serve the pages and yield their address."""
    settings.SHOW_COMPONENTS = True
    server = make_server("127.0.0.1", 0, StaticFilesHandler(_Handler()), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        del settings.SHOW_COMPONENTS
