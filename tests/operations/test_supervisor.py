"""The supervisor: what ends starts again, and stopping leaves nothing behind."""

import io
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from honcho.printer import Printer

from workmail.operations.processes import port_problem, wait_until
from workmail.operations.supervisor import Supervisor, pause_before_restart, read_procfile


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervise(tmp_path: Path, output: io.StringIO):
    """Return a function that makes a supervisor of small Python programs."""
    made: list[Supervisor] = []

    def make(**programs: str) -> Supervisor:
        commands = {name: [sys.executable, "-u", "-c", program] for name, program in programs.items()}
        environment = {"PATH": os.environ["PATH"], "FOLDER": str(tmp_path)}
        supervisor = Supervisor(commands, directory=tmp_path, environment=environment, printer=Printer(output))
        made.append(supervisor)
        return supervisor

    yield make
    for supervisor in made:
        supervisor.stop(grace_seconds=0)


def _watch_until(supervisor: Supervisor, condition, seconds: float = 10) -> bool:
    def turn() -> bool:
        supervisor.watch()
        return condition()

    return wait_until(turn, seconds=seconds)


WAIT = "import time; print('here'); time.sleep(60)"
SPAWN = (
    "import subprocess, sys, time, pathlib, os;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "pathlib.Path(os.environ['FOLDER'], 'child').write_text(str(child.pid));"
    "time.sleep(60)"
)
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)"


def _exists(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_killed_process_starts_again_while_the_others_go_on(supervise, output):
    supervisor = supervise(web=WAIT, worker=WAIT)
    supervisor.start(["web", "worker"])
    web, worker = (supervisor.all[name].process.pid for name in ("web", "worker"))
    assert _watch_until(supervisor, lambda: output.getvalue().count("here") == 2)
    os.kill(worker, signal.SIGKILL)
    assert _watch_until(supervisor, lambda: output.getvalue().count("here") == 3)
    assert supervisor.all["web"].process.pid == web
    assert supervisor.all["worker"].process.pid != worker
    assert "worker was ended by SIGKILL; it starts again in 1 s." in output.getvalue()


def test_a_process_that_keeps_failing_waits_longer_each_time():
    assert [pause_before_restart(failures) for failures in (1, 2, 3, 4, 5, 6, 50)] == [1, 2, 4, 8, 16, 30, 30]


def test_the_children_of_an_ended_process_end_before_it_starts_again(supervise, tmp_path):
    """Half of a worker left behind would work on the same rows as its successor."""
    supervisor = supervise(worker=SPAWN)
    supervisor.start(["worker"])
    assert wait_until((tmp_path / "child").exists, seconds=10)
    assert wait_until(lambda: (tmp_path / "child").read_text() != "", seconds=10)
    child = int((tmp_path / "child").read_text())
    os.kill(supervisor.all["worker"].process.pid, signal.SIGKILL)
    assert _watch_until(supervisor, lambda: supervisor.all["worker"].restart_at is not None)
    assert wait_until(lambda: not _exists(child), seconds=5)


def test_stopping_leaves_no_process_behind(supervise, tmp_path):
    supervisor = supervise(web=WAIT, worker=SPAWN)
    supervisor.start(["web", "worker"])
    assert wait_until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text() != "", seconds=10)
    left = [supervised.process.pid for supervised in supervisor.all.values()] + [int((tmp_path / "child").read_text())]
    supervisor.stop()
    assert wait_until(lambda: not any(map(_exists, left)), seconds=5)


def test_who_does_not_stop_is_ended_by_force(supervise, output):
    supervisor = supervise(deaf=STUBBORN)
    supervisor.start(["deaf"])
    assert wait_until(lambda: "| deaf" in output.getvalue(), seconds=10)
    process = supervisor.all["deaf"].process.pid
    supervisor.stop(grace_seconds=0.2)
    assert not _exists(process)
    assert "did not stop in time" in output.getvalue()


def test_a_second_signal_does_not_wait(supervise, output):
    supervisor = supervise(deaf=STUBBORN)
    supervisor.start(["deaf"])
    assert wait_until(lambda: "| deaf" in output.getvalue(), seconds=10)
    hurry = threading.Event()
    hurry.set()
    began_at = time.monotonic()
    supervisor.stop(grace_seconds=30, hurry=hurry)
    assert time.monotonic() - began_at < 5


def test_the_broker_stops_after_those_who_need_it(supervise, output):
    polite = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit())); print('here')"
    )
    supervisor = supervise(valkey=f"{polite}; time.sleep(60)", worker=f"{polite}; time.sleep(60)")
    supervisor.start(["valkey", "worker"])
    assert wait_until(lambda: output.getvalue().count("here") == 2, seconds=10)
    supervisor.stop(last=["valkey"])
    goodbyes = [line.split()[1] for line in output.getvalue().splitlines() if line.endswith("bye")]
    assert goodbyes == ["worker", "valkey"]


def test_a_program_that_is_not_there_is_tried_again(supervise, output):
    supervisor = supervise(web=WAIT)
    supervisor.all["web"].command = ["/nowhere/to/be/found"]
    supervisor.start(["web"])
    assert "web cannot start" in output.getvalue()
    assert supervisor.all["web"].restart_at is not None


def test_a_command_that_runs_once_ends_when_everything_stops(supervise):
    supervisor = supervise(web=WAIT)
    assert supervisor.run_once([sys.executable, "-c", "raise SystemExit(3)"], threading.Event()) == 3
    stopping = threading.Event()
    stopping.set()
    assert supervisor.run_once([sys.executable, "-c", WAIT], stopping) == -signal.SIGTERM


def test_the_procfile_starts_every_program_without_a_shell():
    commands = read_procfile(Path(__file__).resolve().parents[2] / "Procfile")
    assert list(commands) == ["valkey", "web", "smtp", "worker", "beat"]
    assert {command[0] for command in commands.values()} == {"python", "celery"}


def test_a_busy_port_is_noticed(unused_tcp_port_factory):
    import socket

    port = unused_tcp_port_factory()
    assert port_problem("127.0.0.1", port) is None
    with socket.create_server(("127.0.0.1", port)):
        assert port_problem("127.0.0.1", port) is not None
