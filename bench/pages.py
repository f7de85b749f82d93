"""Opening a folder and a message: server time of the whole request, through middleware and template.

Two mailboxes, of 1,000 and of 200,000 messages. Baseline: the same fifty rows read the usual way, with a count and an
OFFSET to the middle of the folder, and nothing decrypted or rendered.
"""

import time
from collections.abc import Callable
from random import Random

from django.test import Client

from bench.figures import Figure, milliseconds, percentile, timed
from bench.people import PASSWORD, fill, make_user, open_inbox, raw_messages, scaled
from mailapp.access import OpenFolder
from mailapp.store import appending, queries
from mailapp.store.models import Message
from workmail import memory
from workmail.directory.models import User

TIMES = 200
PAGE_AIM = "p95 under 40 ms; the two folders within 1.3 times"


def run() -> list[Figure]:
    figures, medians = [], []
    for alias, count in (("small", scaled(1_000)), ("large", scaled(200_000))):
        user = make_user(alias)
        inbox = open_inbox(user)
        began = time.perf_counter()
        fill(inbox, count)
        print(f"{count:,} messages made in {time.perf_counter() - began:,.0f} s", flush=True)
        client = signed_in(user)
        get(client, f"/mail/{inbox.folder.pk}/")
        memory.settle()  # as the web process does when it starts
        taken = milliseconds(lambda c=client, i=inbox: get(c, f"/mail/{i.folder.pk}/"), times=TIMES)
        usual = milliseconds(lambda i=inbox, n=count: read_with_offset(i, n // 2), times=20)
        figures.append(
            timed(
                f"first page of a folder of {count:,}",
                taken,
                baseline=("count and OFFSET, rows only", usual),
                aim=PAGE_AIM,
            )
        )
        medians.append(percentile(taken, 0.95))
        deep = deep_page(client, inbox)
        figures.append(
            timed(f"a page deep in a folder of {count:,}", milliseconds(deep, times=TIMES), aim="as the first")
        )
    figures.append(
        Figure("first page, large folder over small, p95", "times", medians[1] / medians[0], aim="at most 1.3")
    )
    figures += open_messages(user, inbox, client)
    return figures


def signed_in(user: User) -> Client:
    client = Client()
    response = client.post("/sign-in/", {"login": user.addr_spec, "password": PASSWORD})
    assert response.status_code == 302, response.content[:500]
    return client


def get(client: Client, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response.content


def read_with_offset(inbox: OpenFolder, offset: int) -> None:
    rows = inbox.messages.order_by("-internal_date")
    rows.count()
    list(rows[offset : offset + 50])


def deep_page(client: Client, inbox: OpenFolder) -> Callable[[], bytes]:
    """Return a request for a page half way down the folder, as scrolling there asks for it."""
    middle = inbox.messages.order_by("-internal_date")[inbox.messages.count() // 2]
    cursor = queries.Cursor(middle.internal_date, middle.pk)
    return lambda: get(client, f"/mail/{inbox.folder.pk}/?after={cursor}")


def open_messages(user: User, inbox: OpenFolder, client: Client) -> list[Figure]:
    """Open messages of 50 KB as the page does, beside the list, and as pages of their own that bring the list along.

    The message's own document, which the frame shows, is in both.
    """
    random, messages = Random(5), []
    for raw in raw_messages(40, octets=50_000, seed=77):
        sealed = appending.seal(inbox.keys, appending.prepare(raw))
        messages += appending.append(inbox, [sealed])
    for message in messages:
        get(client, f"/mail/{inbox.folder.pk}/m/{message.key}/")

    def open_one(part: str = "") -> None:
        message: Message = random.choice(messages)
        get(client, f"/mail/{inbox.folder.pk}/m/{message.key}/{part}")

    def read_only() -> None:
        message = queries.message(inbox.mailbox, random.choice(messages).key)
        queries.raw(inbox.mailbox, message)

    baseline = ("decrypting it only", milliseconds(read_only, times=TIMES))
    pane = milliseconds(lambda: open_one("?part=reading"), times=TIMES)
    page = milliseconds(open_one, times=TIMES)
    return [
        timed("open a message of 50 KB beside the list", pane, baseline=baseline, aim="p95 under 40 ms"),
        timed("the same as a page of its own, with the list", page, baseline=baseline, aim="as the first page"),
    ]
