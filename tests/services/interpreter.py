"""A Python with Django set up in a running installation, kept for the next piece of program.

Starting one takes two seconds of a processor, and most browser tests want a person and some mail first.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_LOOP = """
import contextlib, io, json, os, sys, traceback
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
import django
django.setup()
from django.db import connections
for line in sys.stdin:
    printed, error = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            exec(json.loads(line), {"__name__": "__main__"})
    except BaseException:
        error = traceback.format_exc()
    connections.close_all()  # the test may stop the database next
    print(json.dumps([printed.getvalue(), error]), file=answers, flush=True)
"""


class Interpreter:
    """Runs programs one after the other, each with names of its own; ends with ``close``."""

    def __init__(self, environment: Mapping[str, str], folder: Path, log: Path) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _LOOP],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def run(self, program: str) -> str:
        """Return what the program printed. Raises AssertionError with its traceback when it fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(program) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "The interpreter ended; its log says why."
        printed, error = json.loads(answer)
        if error:
            raise AssertionError(f"{printed}{error}")
        return printed

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
