"""Intake through to stored and pushed: SMTP server and worker as processes of their own, clients on real sockets.

Baseline: the same messages sent in the same way to a bare aiosmtpd that writes each into a file and syncs it, then
answers. It parses, encrypts, authenticates, threads and pushes nothing.
"""

import asyncio
import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from aiosmtpd.controller import Controller
from channels.layers import get_channel_layer
from django.conf import settings

from bench.figures import Figure, percentile, resident_megabytes
from bench.people import PASSWORD, raw_messages, scaled
from mailapp.delivery.models import Transit
from mailapp.store.models import Folder, Message
from tests.services.dns import DnsServer
from workmail.accounts.actor import SYSTEM
from workmail.changes import bell
from workmail.directory import services
from workmail.directory.models import Organization, User
from workmail.operations.processes import accepts_connections, free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = 20
OCTETS = 20_000
CLIENTS = 8
AIM_PER_SECOND = 40


def run() -> list[Figure]:
    people = _make_people()
    messages = list(raw_messages(200, octets=OCTETS))
    with _services() as (port, pids):
        _send(port, people, messages, 40)  # warm
        _wait_until_stored()
        count = scaled(4_000)
        seconds = _sustained(port, people, messages, count)
        delays = _delays(port, people, messages, seconds=30 if count > 50 else 5)
        memory = max(resident_megabytes(pid) for pid in pids)
    baseline = _baseline(messages, scaled(4_000))
    return [
        Figure(
            "20 KB messages accepted, stored and pushed",
            "a second",
            count / seconds,
            aim=f"at least {AIM_PER_SECOND}",
            baseline="bare aiosmtpd, a synced file each",
            baseline_value=baseline,
            more_is_better=True,
        ),
        Figure(
            f"from 250 to the push, at {AIM_PER_SECOND // 2} a second",
            "ms",
            percentile(delays, 0.5),
            percentile(delays, 0.95),
            max(delays),
            aim="p95 under 1 s",
        ),
        Figure("largest process of SMTP and worker afterwards", "MB", memory, aim="under 200"),
    ]


def _make_people() -> list[User]:
    organization, _ = services.create_organization(
        SYSTEM,
        name="Example",
        alias="example",
        domain="example.test",
        administrator_name="admin",
        administrator_display_name="Administrator",
        password=PASSWORD,
        domain_is_verified=True,
    )
    return [_make_person(organization, number) for number in range(PEOPLE)]


def _make_person(organization: Organization, number: int) -> User:
    user = services.create_user(
        SYSTEM, organization, name=f"person{number}", display_name=f"Person {number}", password=None
    )
    services.enable(SYSTEM, user, f"person{number}@example.test")
    return user


@contextlib.contextmanager
def _services() -> Iterator[tuple[int, list[int]]]:
    """Run what an installation runs; the DNS is real, and knows no records."""
    names = DnsServer()
    names.start()
    ports = {name: free_port() for name in ("MX", "SUBMISSION", "SUBMISSIONS")}
    environment = os.environ | {f"WORKMAIL_{name}_PORT": str(port) for name, port in ports.items()}
    environment["WORKMAIL_DNS_SERVERS"] = names.address
    commands = [
        [sys.executable, "manage.py", "run_smtp"],
        [sys.executable, "-m", "celery", "--app", "workmail", "--quiet", "worker", "--loglevel", "ERROR"],
    ]
    processes = [subprocess.Popen(c, cwd=ROOT, env=environment, start_new_session=True) for c in commands]
    try:
        if not wait_until(lambda: accepts_connections("127.0.0.1", ports["MX"]), seconds=60):
            raise RuntimeError("the SMTP server did not start")
        worker = processes[1].pid
        children = Path(f"/proc/{worker}/task/{worker}/children")
        wait_until(lambda: len(children.read_text().split()) >= settings.CELERY_WORKER_CONCURRENCY, seconds=60)
        yield ports["MX"], [processes[0].pid, *map(int, children.read_text().split())]
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in processes:
            process.wait(60)
        names.stop()


def _send(port: int, people: list[User], messages: list[bytes], count: int, tag: str = "warm") -> None:
    """Send as fast as the server takes them, over a few connections."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(count):
        waiting.put(number)

    def work() -> None:
        client = _Client(port)
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                break
            client.send(
                f"person{number % len(people)}@example.test", f"{tag}-{number}", messages[number % len(messages)]
            )
        client.close()

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Client:
    """As little SMTP as it takes, so that the clients leave the processor to the server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._file = self._socket.makefile("rb")
        self._expect(b"220")
        self._say(b"EHLO client.example\r\n", b"250")

    def send(self, recipient: str, name: str, raw: bytes) -> float:
        """Send one message; return when it was accepted."""
        envelope = f"MAIL FROM:<sender@elsewhere.test>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n"
        self._socket.sendall(envelope.encode())
        for code in (b"250", b"250", b"354"):
            self._expect(code)
        self._say(
            f"X-Name: {name}\r\n".encode() + raw.replace(b"Subject: ", f"Subject: {name} ".encode()) + b".\r\n", b"250"
        )
        return time.time()

    def close(self) -> None:
        self._say(b"QUIT\r\n", b"221")
        self._socket.close()

    def _say(self, octets: bytes, code: bytes) -> None:
        self._socket.sendall(octets)
        self._expect(code)

    def _expect(self, code: bytes) -> None:
        line = self._file.readline()
        while line[3:4] == b"-":
            line = self._file.readline()
        if not line.startswith(code):
            raise RuntimeError(f"expected {code!r}, heard {line!r}")


def _wait_until_stored() -> None:
    if not wait_until(lambda: not Transit.objects.filter(state__in=Transit.OPEN).exists(), seconds=600):
        raise RuntimeError("mail is left in transit")


def _sustained(port: int, people: list[User], messages: list[bytes], count: int) -> float:
    before = Message.objects.count()
    began = time.perf_counter()
    _send(port, people, messages, count, "sustained")
    _wait_until_stored()
    seconds = time.perf_counter() - began
    if Message.objects.count() != before + count:
        raise RuntimeError("messages were lost or doubled")
    return seconds


def _delays(port: int, people: list[User], messages: list[bytes], *, seconds: int) -> list[float]:
    """Send at half the aim; return the milliseconds from each 250 to its bell."""
    accepted: dict[str, float] = {}
    with _Listener(people) as listener:
        client, count = _Client(port), seconds * AIM_PER_SECOND // 2
        began = time.time()
        for number in range(count):
            time.sleep(max(0.0, began + number * 2 / AIM_PER_SECOND - time.time()))
            name = f"delay-{number}"
            accepted[name] = client.send(f"person{number % len(people)}@example.test", name, messages[number % 200])
        _wait_until_stored()
        time.sleep(1.0)
        rung = dict(listener.rung)
    delays = []
    for message in Message.objects.filter(folder__in={folder for folder, _ in rung}).select_related(
        "content", "mailbox"
    ):
        at = rung.get((message.folder_id, message.modseq))
        if at is not None and (name := _name_of(message)) in accepted:
            delays.append(max(0.0, (at - accepted[name]) * 1000))
    if len(delays) != count:
        raise RuntimeError(f"{len(delays)} of {count} messages were pushed")
    return delays


def _name_of(message: Message) -> str:
    from mailapp.access import open_mailbox_for_system
    from mailapp.store import summaries

    keys = open_mailbox_for_system(message.mailbox_id).keys
    return summaries.unseal(keys, message).subject.partition(" ")[0]


class _Listener:
    """Hears the bells of all people, as open pages do."""

    def __init__(self, people: list[User]) -> None:
        self.rung: dict[tuple[UUID, int], float] = {}
        folders = Folder.objects.filter(role="inbox", mailbox__entity__in=[user.pk for user in people])
        self._groups = [bell.group_name(folder.mailbox.sequence_id) for folder in folders.select_related("mailbox")]
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._task = self._loop.create_task(self._listen())
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "_Listener":
        self._thread.start()
        self._ready.wait(30)
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)

    async def _listen(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        for group in self._groups:
            await layer.group_add(group, channel)
        self._ready.set()
        while True:
            message = await layer.receive(channel)
            self.rung[UUID(message["collection"]), message["modseq"]] = time.time()


def _baseline(messages: list[bytes], count: int) -> float:
    """Return how many messages a second the bare server takes."""
    with tempfile.TemporaryDirectory() as folder:

        class Keep:
            number = 0

            async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
                Keep.number += 1
                await asyncio.to_thread(_write, Path(folder, str(Keep.number)), envelope.content)
                return "250 OK"

        controller = Controller(Keep(), hostname="127.0.0.1", port=free_port())
        controller.start()
        try:
            people = [User()] * PEOPLE
            began = time.perf_counter()
            _send(controller.port, people, messages, count)
            return count / (time.perf_counter() - began)
        finally:
            controller.stop()


def _write(path: Path, octets: bytes) -> None:
    with path.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
