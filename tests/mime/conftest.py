"""Messages for the tests of this room."""

from collections.abc import Callable
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent.parent / "corpus"
OWN_MESSAGES = sorted(CORPUS.rglob("*.eml"))


def name_of(path: Path) -> str:
    return path.relative_to(CORPUS).as_posix()


@pytest.fixture(scope="session")
def message() -> Callable[[str], bytes]:
    """Read a message of the project's own corpus by its name: ``structure/plain.eml``."""
    return lambda name: (CORPUS / name).read_bytes()
