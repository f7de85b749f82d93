"""Make the virtual environment and keep it equal to the pinned requirements.

Runs before anything is installed, so it uses the standard library only. ``python3 scripts/environment.py`` installs
what workmail needs to run, ``--tests`` also what its tests need. It says nothing when there is nothing to do.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
OLDEST_PYTHON = (3, 11)
REQUIREMENTS = {"run": ["requirements.txt"], "tests": ["requirements.txt", "requirements-dev.txt"]}


def ensure(*, tests: bool = False) -> Path:
    """Return the environment's Python, after making and filling the environment where needed."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        sys.exit(f"workmail needs Python {wanted} or newer; this is {sys.version.split()[0]}. Set PYTHON=... for make.")
    if _is_current(tests):
        return PYTHON
    with _alone():
        if not _is_current(tests):  # another process may have done it meanwhile
            _install(tests)
    return PYTHON


def _install(tests: bool) -> None:
    if not _works():
        print(f"Making the virtual environment {ENVIRONMENT.name} ...", flush=True)
        _make()
    print("Installing the pinned packages (about a minute, only when they change) ...", flush=True)
    kind = "tests" if tests else "run"
    command = [
        *_pip(),
        "install",
        "--quiet",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--use-pep517",
        "-r",
    ]
    if subprocess.run([*command, str(ROOT / REQUIREMENTS[kind][-1])], check=False).returncode:
        sys.exit("The packages could not be installed; the lines above say why. Run the same command again afterwards.")
    for installed in ("run", "tests") if tests else ("run",):
        _stamp(installed).write_text(_digest(installed), encoding="ascii")


def _make() -> None:
    command = [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]
    if subprocess.run(command, check=False, capture_output=True).returncode == 0:
        return
    # Debian keeps ensurepip in a package of its own; its pip, where there is one, can fill an environment from outside.
    completed = subprocess.run([*command, "--without-pip"], check=False, capture_output=True, text=True)
    if completed.returncode or subprocess.run([*_pip(), "--version"], check=False, capture_output=True).returncode:
        sys.exit(
            "Python's venv module cannot make an environment here. On Debian and Ubuntu install python3-venv, "
            f"then try again.\n{completed.stderr}"
        )


def _pip() -> list[str]:
    if (ENVIRONMENT / "bin" / "pip").exists():
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def _works() -> bool:
    """Tell whether the environment can start: a moved folder or an upgraded Python breaks it."""
    if not PYTHON.exists():
        return False
    with contextlib.suppress(OSError):
        # Programs in bin/ name the folder they were made in.
        if str(ENVIRONMENT.resolve()) not in (ENVIRONMENT / "pyvenv.cfg").read_text(encoding="utf-8"):
            return False
    check = "import sys, encodings; raise SystemExit(sys.version_info < (3, 11))"
    return subprocess.run([str(PYTHON), "-c", check], check=False, capture_output=True).returncode == 0


def _is_current(tests: bool) -> bool:
    kind = "tests" if tests else "run"
    try:
        return PYTHON.exists() and _stamp(kind).read_text(encoding="ascii") == _digest(kind)
    except FileNotFoundError:
        return False


def _stamp(kind: str) -> Path:
    return ENVIRONMENT / f".workmail-{kind}"


def _digest(kind: str) -> str:
    """Return a fingerprint of the requirements, the place of the environment and the Python behind it."""
    digest = hashlib.sha256(f"{ENVIRONMENT}\n{PYTHON.resolve()}\n".encode())
    for name in REQUIREMENTS[kind]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let only one process at a time install; the others wait."""
    lock = os.open(ROOT / ".venv.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="install what the tests need, too")
    ensure(tests=parser.parse_args().tests)
