"""What must be true before the processes start. Every step may run at every start: it does only what is missing."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from workmail.operations import catalogues, certificates
from workmail.operations.demo import make_demo_at_first_start

Say = Callable[[str], None]


def prepare(say: Say) -> None:
    """Make the installation ready to start; ``say`` hears a sentence for everything that was done."""
    make_folders()
    migrate(say)
    compile_catalogues(say)
    collect_static(say)
    ensure_keys(say)
    make_demo_at_first_start(say)


def make_folders() -> None:
    for folder in (settings.DATA_DIR, settings.DATA_DIR / "run", settings.SECRETS_DIR):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def migrate(say: Say) -> None:
    """Bring the database to the newest migration. Asking first saves the signals of an empty ``migrate``."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", interactive=False, verbosity=0)
        say(f"Database: {len(plan)} migrations applied.")


def compile_catalogues(say: Say) -> None:
    if compiled := catalogues.compile_changed(Path(folder) for folder in settings.LOCALE_PATHS):
        say(f"Languages: {len(compiled)} message catalogues compiled.")


def collect_static(say: Say) -> None:
    """Collect, hash and compress the static files, unless none of them changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".digest"
    digest = _static_digest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest, encoding="ascii")
    say("Static files: collected.")


def _static_digest() -> str:
    """Return a fingerprint of name, size and time of every static file."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def ensure_keys(say: Say) -> None:
    """Make the certificate of a new installation; the two secrets were made when the settings were read."""
    names = [settings.MAIL_HOST_NAME, "localhost", "127.0.0.1", "::1"]
    if certificates.ensure(settings.TLS_CERTIFICATE, settings.TLS_KEY, names, now=timezone.now()):
        say(f"TLS: self-signed certificate made for {settings.MAIL_HOST_NAME}.")
