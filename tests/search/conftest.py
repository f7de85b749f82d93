"""The index is no table of Django's, so what a test that commits leaves in it is not cleared away with the rest."""

import pytest

from mailapp.search import index


@pytest.fixture(autouse=True)
def _empty_index(request: pytest.FixtureRequest) -> None:
    if {"db", "transactional_db"} & set(request.fixturenames) or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        backend = index.current()
        while left := backend.stored(index.Span(), 1_000):
            backend.remove(left)
