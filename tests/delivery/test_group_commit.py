"""Writers that share a commit: each gets its own result or its own error, and what is returned is committed."""

import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from mailapp.delivery import group_commit
from mailapp.delivery.models import RecipientCount

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 11, 2)


def write(scope: str) -> str:
    RecipientCount.objects.create(scope=scope, day=DAY)
    if scope.startswith("bad"):
        raise ValueError(scope)
    return scope


def in_threads(scopes: list[str]) -> dict[str, object]:
    """Write every scope in a thread of its own, all at once; return what each got."""
    got: dict[str, object] = {}
    barrier = threading.Barrier(len(scopes))

    def work(number: int, scope: str) -> None:
        barrier.wait(10)
        try:
            got[f"{number} {scope}"] = group_commit.run(lambda: write(scope))
        except Exception as error:
            got[f"{number} {scope}"] = type(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(scopes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return got


def test_each_writer_gets_its_own_result():
    scopes = [f"s{number}" for number in range(30)]
    assert in_threads(scopes) == {f"{number} {scope}": scope for number, scope in enumerate(scopes)}
    assert RecipientCount.objects.count() == 30


def test_an_error_undoes_only_its_own_part():
    got = in_threads(["a", "bad1", "b", "bad2", "c", "a"])
    assert sorted(str(value) for value in got.values()) == sorted(
        str(value) for value in ("a", "b", "c", ValueError, ValueError, IntegrityError)
    )
    assert set(RecipientCount.objects.values_list("scope", flat=True)) == {"a", "b", "c"}


def test_a_commit_that_fails_is_told_to_all_who_shared_it(monkeypatch):
    if connection.vendor != "sqlite":
        return

    def broken(self) -> None:
        raise IntegrityError("no commit today")

    with monkeypatch.context() as patched:
        patched.setattr(type(connection._connections["default"]), "commit", broken, raising=True)
        got = in_threads(["a", "b"])
    assert set(got.values()) == {IntegrityError}
    assert not RecipientCount.objects.exists()
    assert in_threads(["c"]) == {"0 c": "c"}


def test_inside_a_transaction_it_is_part_of_that():
    with transaction.atomic():
        group_commit.run(lambda: write("a"))
        transaction.set_rollback(True)
    assert not RecipientCount.objects.exists()
