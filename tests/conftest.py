"""What every test stands on: its own data folder, a real Valkey, SQLite or PostgreSQL, a browser when asked for.

``TEST_DATABASE=postgresql pytest ...`` runs on PostgreSQL (``TEST_POSTGRES_URL`` names one, else one is started).
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services import environment

DATA_DIR = environment.prepare()  # before anything imports the settings

import django  # noqa: E402
from django.conf import settings  # noqa: E402

# MD5 saves 40 ms of Argon2 for every user made. A test about timing sets the real ones.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
# Unhashed names: a unit test needs no collectstatic. The running system of the browser tests has the real ones.
settings.STORAGES = settings.STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
django.setup()  # now, so that the conftest.py of a room may import models
# Workers of pytest-xdist inherit the environment; pytest-django would read their settings before they prepared them.
del os.environ["DJANGO_SETTINGS_MODULE"]

from tests.services import reporting  # noqa: E402
from tests.services.valkey import ValkeyServer  # noqa: E402
from workmail import celery_app  # noqa: E402
from workmail.operations import catalogues  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:  # once, before any worker of pytest-xdist reads a text
        catalogues.compile_changed(Path(folder) for folder in settings.LOCALE_PATHS)
    config.pluginmanager.register(reporting.Honesty(config), "honesty")


@pytest.hookimpl(tryfirst=True)  # before the marks of -m are looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # Whatever touches the database must work on both kinds, whether its author thought of it or not.
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db"}:
            item.add_marker("both_databases")
    # Playwright leaves an event loop running in its thread, so whatever is asynchronous goes before the browser;
    # what breaks services goes last.
    items.sort(key=lambda item: (bool(item.get_closest_marker("faults")), bool(item.get_closest_marker("browser"))))


# --- Services --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def valkey_server() -> Iterator[ValkeyServer]:
    """Run the Valkey of this pytest process where its settings look for it."""
    server = ValkeyServer(settings.VALKEY_SOCKET, settings.DATA_DIR / "valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _empty_valkey(valkey_server: ValkeyServer) -> Iterator[None]:
    yield
    valkey_server.empty()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Keep the SQLite test database in a file: threads and processes cannot share one in memory safely."""


@pytest.fixture(scope="session")
def django_db_modify_db_settings_parallel_suffix(request: pytest.FixtureRequest) -> None:
    database: dict[str, Any] = settings.DATABASES["default"]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = environment.test_database_name()
    on_postgresql = environment.wants_postgresql()
    database["TEST"]["NAME"] = f"{name}_{worker}" if on_postgresql else str(settings.DATA_DIR / "test.sqlite3")


# --- Background work -------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def celery_inline() -> Iterator[None]:
    """Run a task at once, in this process, when it is queued; its exception reaches the caller."""
    with _celery(task_always_eager=True, task_eager_propagates=True):
        yield


@pytest.fixture
def celery_queued(celery_inline: None) -> Iterator[None]:
    """Send tasks to the real broker, where nobody takes them: the state after a commit, before the worker."""
    with _celery(task_always_eager=False):
        yield


class _celery:
    """Change settings of the Celery application for a while."""

    def __init__(self, **values: object) -> None:
        self._values = values
        self._before: dict[str, object] = {}

    def __enter__(self) -> None:
        self._before = {name: celery_app.conf[name] for name in self._values}
        celery_app.conf.update(self._values)

    def __exit__(self, *exception: object) -> None:
        celery_app.conf.update(self._before)


# --- Input -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The project's own messages, written for it."""
    return Path(__file__).parent / "corpus"


@pytest.fixture(scope="session")
def shared_corpus() -> Path:
    """Real and hostile messages beside the checkout; the tests that want them say plainly when they are not there."""
    if not reporting.SHARED_CORPUS.is_dir():
        pytest.skip(reporting.NO_SHARED_CORPUS)
    return reporting.SHARED_CORPUS


# --- The whole system, and a person before it -------------------------------------------------------------------


@pytest.fixture
def start_workmail() -> Iterator[Callable[..., Any]]:
    """Start the whole system as processes of its own: ``start_workmail(**environment) -> RunningWorkmail``."""
    from tests.services.stack import RunningWorkmail

    with contextlib.ExitStack() as running:

        def start(**variables: str) -> RunningWorkmail:
            workmail = RunningWorkmail(variables)
            running.callback(workmail.close)
            workmail.start()
            return workmail

        yield start


@pytest.fixture(scope="session")
def running_workmail() -> Iterator[Any]:
    """The whole system with its demo organization, shared by the browser tests of this pytest process."""
    from tests.services.stack import RunningWorkmail

    workmail = RunningWorkmail()
    workmail.start()
    yield workmail
    workmail.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium, one for all tests of this pytest process."""
    from playwright.sync_api import sync_playwright

    from tests.services import browser as chromium

    program = chromium.executable()
    if program is None:
        pytest.fail("No Chromium: install one, or name it in TEST_BROWSER.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=chromium.LAUNCH_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def new_page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Open a page of another person: ``new_page(locale="fr-FR", ...)``, each with cookies of its own.

    Of the shared system, unless ``base_url`` names another one. A script error or a request to another host fails
    the test.
    """
    contexts: list[Any] = []
    problems: list[str] = []

    def open_page(**options: Any) -> Any:
        if "base_url" not in options:
            options["base_url"] = request.getfixturevalue("running_workmail").url
        # A request that a service worker answers is seen by no route of a test: those that are about it let it in.
        options = {"locale": "en-GB", "timezone_id": "Europe/Paris", "service_workers": "block"} | options
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.on("weberror", lambda error: problems.append(f"script error: {error.error}"))
        context.on("request", lambda request: _note_foreign_request(request.url, options["base_url"], problems))
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """A fresh page of a person who is not signed in."""
    return new_page()


def _note_foreign_request(url: str, base_url: str, problems: list[str]) -> None:
    allowed = (base_url, base_url.replace("http", "ws", 1), "data:", "blob:", "about:")
    if not url.startswith(allowed):
        problems.append(f"request to another host: {url}")
