"""The environment variables of a test run, set before ``workmail.settings`` reads them.

A test must not depend on the developer's ``.env``, on variables of the shell, or on what another worker does: every
pytest process gets a data folder of its own, and only variables that begin with ``TEST_`` are listened to.
"""

import atexit
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

FOREIGN = ("DATABASE_URL", "CELERY_BROKER_URL", "CHANNEL_LAYER_URL", "CACHE_URL", "BLOB_STORE_URL", "SMTP_RELAY_URL")
PASSWORD = "correct horse battery"


def prepare() -> Path:
    """Set the variables of this pytest process; return its data folder, which is removed at exit."""
    if "workmail.settings" in sys.modules:
        raise RuntimeError(
            "Unset DJANGO_SETTINGS_MODULE: tests/conftest.py prepares the environment of the settings first."
        )
    for name in [name for name in os.environ if name in FOREIGN or name.startswith("WORKMAIL_")]:
        del os.environ[name]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    data = Path(tempfile.mkdtemp(prefix=f"workmail-test-{worker}-"))
    (data / "static").mkdir()  # whitenoise warns where it is missing
    atexit.register(_remove, data, os.getpid())
    os.environ["DJANGO_SETTINGS_MODULE"] = "workmail.settings"
    os.environ["WORKMAIL_ENV_FILE"] = os.devnull
    os.environ["WORKMAIL_DATA"] = str(data)
    os.environ["WORKMAIL_SECRET_KEY"] = secrets.token_urlsafe(48)
    os.environ["WORKMAIL_SQLITE_SYNCHRONOUS"] = "OFF"  # nobody cuts the power of a test database
    os.environ["WORKMAIL_LOG_LEVEL"] = "WARNING"
    os.environ["DATABASE_URL"] = _database_url(data)
    return data


def wants_postgresql() -> bool:
    """``TEST_DATABASE=postgresql`` runs the tests there; the default is SQLite."""
    name = os.environ.get("TEST_DATABASE", "sqlite")
    if name not in ("sqlite", "postgresql"):
        raise RuntimeError(f"TEST_DATABASE must be sqlite or postgresql, not {name}.")
    return name == "postgresql"


def test_database_name() -> str:
    """Return a name that concurrent runs on one PostgreSQL server do not share; workers add a suffix."""
    return "test_workmail_" + os.environ.setdefault("TEST_RUN_ID", secrets.token_hex(4))


def _database_url(data: Path) -> str:
    if not wants_postgresql():
        return f"sqlite:///{data / 'workmail.sqlite3'}"
    if "TEST_POSTGRES_URL" not in os.environ:  # the first process starts it, the workers inherit the address
        from tests.services import postgresql

        os.environ["TEST_POSTGRES_URL"] = postgresql.shared_server().url("postgres")
    return os.environ["TEST_POSTGRES_URL"]


def _remove(data: Path, process: int) -> None:
    if os.getpid() == process:  # not in a forked child
        shutil.rmtree(data, ignore_errors=True)
