"""Threads do not depend on whether messages come one by one or in a batch."""

from collections import defaultdict
from random import Random

import pytest
from django.db import transaction

from mailapp.access import OpenMailbox, folder_by_role
from mailapp.store import appending, threads
from mailapp.store.models import Conversation, Message, Thread

Graph = list[tuple[str, list[str]]]


def random_graph(seed: int) -> Graph:
    """Messages that answer earlier, later and unknown ones, some twice there."""
    random = Random(seed)
    names = [f"<{number}@x>" for number in range(25)]
    return [(random.choice(names), random.sample(names, random.choice([0, 0, 0, 1, 1, 2]))) for _ in range(30)]


def conversations_of(mailbox: OpenMailbox, graph: Graph, sizes: list[int]) -> set[frozenset[int]]:
    """Append the messages in batches of these sizes; return which of them share a thread."""
    inbox = folder_by_role(mailbox, "inbox")
    sealed = [
        appending.seal(
            mailbox.keys,
            appending.prepare(
                f"Message-ID: {own}\r\nReferences: {' '.join(parents)}\r\nSubject: {number}\r\n\r\nx".encode()
            ),
        )
        for number, (own, parents) in enumerate(graph)
    ]
    numbers = {}
    for size in sizes:
        for message in appending.append(inbox, sealed[:size]):
            numbers[message.pk] = len(numbers)
        sealed = sealed[size:]
    together = defaultdict(set)
    for message in Message.objects.all():
        together[message.thread_id].add(numbers[message.pk])
    assert {row.thread_id: row.message_count for row in Conversation.objects.all()} == {
        thread: len(members) for thread, members in together.items()
    }
    counts = dict(Thread.objects.values_list("pk", "message_count"))
    assert {thread: counts[thread] for thread in together} == {thread: len(m) for thread, m in together.items()}
    return {frozenset(members) for members in together.values()}


@pytest.mark.parametrize("most", [threads.MOST_MESSAGES_IN_A_THREAD, 4])
@pytest.mark.parametrize("seed", range(6))
def test_a_batch_makes_the_threads_that_its_messages_would_make_one_by_one(
    mailbox: OpenMailbox, monkeypatch: pytest.MonkeyPatch, seed: int, most: int
) -> None:
    monkeypatch.setattr(threads, "MOST_MESSAGES_IN_A_THREAD", most)
    graph, found = random_graph(seed), []
    for sizes in ([1] * 30, [30], [7, 1, 12, 10]):
        with transaction.atomic():
            found.append(conversations_of(mailbox, graph, sizes))
            transaction.set_rollback(True)
    assert found[0] == found[1] == found[2]
