"""Keep the processes of a Procfile running: start them, start them again when they end, stop them in order.

Honcho reads the Procfile and prints the lines, but its own manager is not used: it stops everything as soon as one
process ends, while here a crashed worker must not close the web pages. The database holds every intention, so a
process that starts again takes up what its predecessor left.
"""

import contextlib
import datetime
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from workmail.operations.processes import die_with_parent, wait_until

SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY_AFTER_SECONDS = 60.0  # whoever ran this long is forgiven its earlier failures
SYSTEM = "workmail"


def read_procfile(path: Path) -> dict[str, list[str]]:
    """Return the command of each process. They start without a shell, so that a signal reaches the program itself."""
    processes = parse_procfile(path.read_text(encoding="utf-8")).processes
    return {name: shlex.split(command) for name, command in processes.items()}


def pause_before_restart(failures: int) -> float:
    """Return how many seconds to wait before the next start; doubles with each failure in a row (1 or more)."""
    return float(min(SHORTEST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE))


class Supervised:
    """One process of the Procfile, and its history."""

    def __init__(self, name: str, command: list[str], colour: str) -> None:
        self.name = name
        self.command = command
        self.colour = colour
        self.process: subprocess.Popen[bytes] | None = None
        self.reader: threading.Thread | None = None
        self.started_at = 0.0
        self.failures = 0
        self.restart_at: float | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """All processes of one installation. Not thread-safe: call it from one thread, the main one."""

    def __init__(
        self,
        commands: Mapping[str, list[str]],
        *,
        directory: Path,
        environment: Mapping[str, str],
        printer: Printer | None = None,
    ) -> None:
        colours = get_colours()
        self.all = {name: Supervised(name, command, next(colours)) for name, command in commands.items()}
        self._directory = directory
        self._environment = dict(environment)
        self._printer = printer or Printer(sys.stdout)
        self._printer.width = max(len(name) for name in (*self.all, SYSTEM))

    def say(self, text: str, *, name: str = SYSTEM) -> None:
        supervised = self.all.get(name)
        colour = supervised.colour if supervised else None
        message = Message(type="line", data=text, time=datetime.datetime.now(), name=name, colour=colour)
        with contextlib.suppress(OSError):  # the terminal is gone; the processes still have to be stopped
            self._printer.write(message)

    def run_once(self, command: list[str], stopping: threading.Event) -> int:
        """Run a command to its end, or until ``stopping`` is set; return its status. Its lines are ours."""
        process = self._popen(command)
        reader = threading.Thread(target=self._forward, args=(SYSTEM, process), daemon=True)
        reader.start()
        while process.poll() is None:
            if stopping.wait(0.05):
                _signal(process, signal.SIGTERM)
                process.wait()
        reader.join(timeout=2)
        return process.returncode

    def start(self, names: Iterable[str]) -> None:
        for name in names:
            self._start(self.all[name])

    def watch(self) -> None:
        """Look once at every process: start again, after a growing pause, what ended by itself."""
        now = time.monotonic()
        for supervised in self.all.values():
            if supervised.restart_at is not None and now >= supervised.restart_at:
                self._start(supervised)
            elif supervised.process is not None and supervised.process.poll() is not None:
                self._plan_restart(supervised, now)

    def run(self, stopping: threading.Event) -> None:
        """Watch until ``stopping`` is set."""
        while not stopping.wait(0.2):
            self.watch()

    def stop(
        self, *, last: Iterable[str] = (), grace_seconds: float = 10.0, hurry: threading.Event | None = None
    ) -> None:
        """Stop everything: politely first, by force after ``grace_seconds`` or when ``hurry`` is set.

        ``last`` names those that the others need for a clean end, such as the broker; they stop after the others.
        """
        last = list(last)
        for names in ([name for name in self.all if name not in last], last):
            stopping = [self.all[name] for name in names if self.all[name].process is not None]
            for supervised in stopping:
                supervised.restart_at = None
                _signal(supervised.process, signal.SIGTERM)
            wait_until(
                lambda stopping=stopping: not any(s.is_running for s in stopping) or bool(hurry and hurry.is_set()),
                seconds=grace_seconds,
            )
            for supervised in stopping:
                if supervised.is_running:
                    self.say(f"{supervised.name} did not stop in time and is ended by force.")
                self._end(supervised)
        for supervised in self.all.values():
            supervised.restart_at = None

    def _start(self, supervised: Supervised) -> None:
        supervised.restart_at = None
        supervised.started_at = time.monotonic()
        try:
            process = self._popen(supervised.command)
        except OSError as error:
            self.say(f"{supervised.name} cannot start: {error}")
            supervised.process = None
            supervised.failures += 1
            supervised.restart_at = time.monotonic() + pause_before_restart(supervised.failures)
            return
        supervised.process = process
        supervised.reader = threading.Thread(target=self._forward, args=(supervised.name, process), daemon=True)
        supervised.reader.start()

    def _popen(self, command: list[str]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then stops them in order.
        return subprocess.Popen(
            command,
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )

    def _plan_restart(self, supervised: Supervised, now: float) -> None:
        assert supervised.process is not None
        ending = _describe_ending(supervised.process.returncode)
        self._end(supervised)
        if now - supervised.started_at > STEADY_AFTER_SECONDS:
            supervised.failures = 0
        supervised.failures += 1
        pause = pause_before_restart(supervised.failures)
        supervised.restart_at = now + pause
        self.say(f"{supervised.name} {ending}; it starts again in {pause:g} s.")

    def _end(self, supervised: Supervised) -> None:
        """End what is left of the process and of its children, and wait for its last line."""
        process, supervised.process = supervised.process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if supervised.reader is not None:
            supervised.reader.join(timeout=2)

    def _forward(self, name: str, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.say(line.decode("utf-8", "replace").rstrip("\r\n"), name=name)


def _signal(process: subprocess.Popen[bytes] | None, number: int) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(number)


def _describe_ending(returncode: int) -> str:
    if returncode >= 0:
        return f"ended with status {returncode}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"was ended by signal {-returncode}"
