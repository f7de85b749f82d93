"""300 signed-in people with an open page each: every one does something every ten seconds, on two cores.

As their pages do, each asks what has changed when the socket rings. Baseline: the same requests of one person alone.
"""

import asyncio
import json
import secrets
import statistics
import time
from dataclasses import dataclass
from random import Random

import aiohttp
from django.conf import settings
from django.test import Client

from bench.figures import Figure, percentile, resident_megabytes
from bench.people import fill, make_user, open_inbox, scaled
from bench.running import running
from workmail.accounts.actor import SYSTEM
from workmail.directory import services
from workmail.directory.models import Organization, User

EVERY_SECONDS = 10.0
MESSAGES_EACH = 60
ACTIONS = ("open", "open", "flag", "list", "archive", "read")  # what people mostly do


@dataclass(slots=True)
class Person:
    """One page: its cookies, its folder, and what stands in the list."""

    cookies: dict[str, str]
    folder: str
    threads: list[str]
    modseq: int = 0


def run() -> list[Figure]:
    count = scaled(300)
    seconds = 60 if count == 300 else 12
    organization = make_user().organization
    began = time.perf_counter()
    people = [_make_person(organization, number) for number in range(count)]
    print(f"{count} people made in {time.perf_counter() - began:,.0f} s", flush=True)
    with running("web", "worker") as installation:
        alone = asyncio.run(_Crowd(installation.url, people[:1], every=0.5, seconds=seconds / 4).run())
        together = _Crowd(installation.url, people, every=EVERY_SECONDS, seconds=seconds)
        taken = asyncio.run(together.run())
        memory = resident_megabytes(installation.pids["web"])
    name = f"{count} people with open sockets, each acting every {EVERY_SECONDS:.0f} s"
    return [
        Figure(
            name,
            "ms",
            statistics.median(taken),
            percentile(taken, 0.95),
            max(taken),
            aim="p95 under 300 ms",
            baseline="one person alone",
            baseline_value=statistics.median(alone),
        ),
        Figure(f"{name}: actions done", "", len(taken)),
        Figure(f"{name}: bells heard", "", together.bells),
        Figure(f"{name}: failed", "", together.failed, aim="0"),
        Figure(f"{name}: web process afterwards", "MB", memory),
    ]


def _make_person(organization: Organization, number: int) -> Person:
    user: User = services.create_user(
        SYSTEM, organization, name=f"person{number}", display_name=f"Person {number}", password=None
    )
    services.enable(SYSTEM, user, f"person{number}@example.test")
    inbox = open_inbox(user)
    fill(inbox, MESSAGES_EACH, seed=number + 1)
    client = Client()
    client.force_login(user)
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    cookies[settings.CSRF_COOKIE_NAME] = secrets.token_hex(16)
    threads = list(inbox.messages.order_by("-id").values_list("thread_id", flat=True))
    return Person(cookies, str(inbox.folder.pk), [str(thread) for thread in dict.fromkeys(threads)])


class _Crowd:
    def __init__(self, url: str, people: list[Person], *, every: float, seconds: float) -> None:
        self.url = url
        self.people = people
        self.every = every
        self.seconds = seconds
        self.taken: list[float] = []
        self.failed = self.bells = 0

    async def run(self) -> list[float]:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
            await asyncio.gather(*(self._live(session, number, person) for number, person in enumerate(self.people)))
        return self.taken

    async def _live(self, session: aiohttp.ClientSession, number: int, person: Person) -> None:
        """Sign in once, keep the socket, act when it is time; the first moments are not counted."""
        random = Random(number)
        headers = self._headers(person)
        await asyncio.sleep(random.random() * min(self.every, 5.0))
        async with session.ws_connect(f"{self.url}/live/", headers={**headers, "Origin": self.url}) as socket:
            listening = asyncio.create_task(self._listen(session, socket, person))
            ends = time.monotonic() + self.seconds + self.every
            counts_from = time.monotonic() + self.every / 2
            while time.monotonic() < ends:
                began = time.perf_counter()
                succeeded = await self._act(session, random, person)
                if time.monotonic() > counts_from:
                    self.taken.append((time.perf_counter() - began) * 1000)
                self.failed += not succeeded
                await asyncio.sleep(self.every * (0.75 + random.random() / 2))
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, person: Person
    ) -> None:
        async for message in socket:
            heard = json.loads(message.data)
            if heard.get("collection") != person.folder:
                continue
            self.bells += 1
            address = f"{self.url}/mail/{person.folder}/changes/?since={person.modseq or heard['modseq'] - 1}"
            async with session.get(address, headers=self._headers(person)) as response:
                answer = await response.json()
            person.modseq = answer.get("modseq", person.modseq)

    async def _act(self, session: aiohttp.ClientSession, random: Random, person: Person) -> bool:
        action, thread = random.choice(ACTIONS), random.choice(person.threads)
        folder = f"{self.url}/mail/{person.folder}/"
        if action == "list":
            address, data = folder, None
        elif action == "open":
            address, data = f"{folder}c/{thread}/?part=reading", None
        else:
            address, data = f"{folder}act/", {"action": action, "thread": thread}
            if action == "archive" and len(person.threads) > 20:
                person.threads.remove(thread)
        headers = self._headers(person)
        if data is None:
            async with session.get(address, headers=headers) as response:
                await response.read()
        else:
            headers |= {"Accept": "application/json", "Idempotency-Key": secrets.token_hex(8)}
            async with session.post(address, data=data, headers=headers) as response:
                await response.read()
        return response.status == 200

    def _headers(self, person: Person) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
        return {"Cookie": cookies, "X-CSRFToken": person.cookies[settings.CSRF_COOKIE_NAME]}
