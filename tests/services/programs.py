"""Programs that are really killed: each a process of its own, in one migrated installation on SQLite."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Programs:
    """Runs pieces of Python, one after the other, in the data folder ``data``.

    Args:
        prologue: Stands before each of them; it sets Django up.
    """

    def __init__(self, data: Path, prologue: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("WORKMAIL_", "DATABASE_"))}
        self._prologue = prologue
        self._environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "workmail.settings",
            "WORKMAIL_ENV_FILE": os.devnull,
            "WORKMAIL_DATA": str(data),
            "WORKMAIL_LOG_LEVEL": "WARNING",
        }
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, env=self._environment, cwd=ROOT, check=True)

    def run(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Return what became of it; -9 says that it was killed."""
        command = [sys.executable, "-c", self._prologue + code, *arguments]
        return subprocess.run(command, env=self._environment, cwd=ROOT, capture_output=True, text=True, check=False)
