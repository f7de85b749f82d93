"""Other mail servers that send all the time, whatever happens to ours, and remember what was promised to them."""

import random
import smtplib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """What was promised. A message without a 250 may arrive or not, but not twice."""

    accepted: set[str] = field(default_factory=set)
    offered: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)  # how the other attempts ended


class Senders:
    """Threads that send small messages to the MX port, each message under a name of its own."""

    def __init__(self, port: int, recipients: list[str], *, threads: int = 4, per_second: float = 40.0) -> None:
        self.ledger = Ledger()
        self._port, self._recipients = port, recipients
        self._pause = threads / per_second
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(threads)]

    def __enter__(self) -> "Senders":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for(self, count: int, seconds: float = 60.0) -> None:
        """Return when so many messages have been accepted."""
        deadline = time.monotonic() + seconds
        while len(self.ledger.accepted) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"only {len(self.ledger.accepted)} of {count} accepted: {self.ledger.refused}")
            time.sleep(0.02)

    def _run(self, number: int) -> None:
        chance = random.Random(number)
        connection: smtplib.SMTP | None = None
        count = 0
        while not self._stopped.is_set():
            count += 1
            name = f"load-{number}-{count}"
            with self._lock:
                self.ledger.offered.add(name)
            try:
                if connection is None or chance.random() < 0.1:
                    connection = smtplib.SMTP("127.0.0.1", self._port, local_hostname="client.example", timeout=20)
                refused = connection.sendmail(f"sender@{number}.example", self._recipients, _message(name, chance))
            except (OSError, smtplib.SMTPException) as error:
                connection = None
                with self._lock:
                    self.ledger.refused[_describe(error)] += 1
                time.sleep(0.05)
            else:
                with self._lock:
                    if refused:  # nothing was promised to those; the others get it
                        self.ledger.refused[f"some recipients: {sorted({code for code, _ in refused.values()})}"] += 1
                    else:
                        self.ledger.accepted.add(name)
            self._stopped.wait(self._pause * chance.uniform(0.5, 1.5))


def _message(name: str, chance: random.Random) -> bytes:
    lines = "\r\n".join(f"{chance.random():.12f} some text to carry" for _ in range(chance.randint(5, 200)))
    return (
        f"From: sender@example.org\r\nTo: people@example.test\r\nSubject: {name}\r\n"
        f"Message-ID: <{name}@client.example>\r\nDate: Mon, 02 Nov 2026 09:30:00 +0000\r\n\r\n{lines}\r\n"
    ).encode()


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {error.smtp_error!r}"[:60]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"recipients: {sorted({code for code, _ in error.recipients.values()})}"
    return type(error).__name__
