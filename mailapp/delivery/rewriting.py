"""Rewritten reverse paths of this installation: ``srs`` with our key and today's date."""

from datetime import UTC, date, datetime

from mailapp.delivery import srs
from workmail.keys import spool


def rewritten(reverse_path: str, domain: str) -> str:
    """Return the reverse path at our ``domain`` for mail of ``reverse_path`` that a group passes on."""
    return srs.rewrite(_key(), reverse_path, domain, _today())


def restored(local_part: str) -> str | None:
    """Return the original sender behind a reverse path that we rewrote, or None."""
    return srs.restore(_key(), local_part, _today())


def _key() -> bytes:
    return spool.digest("sender rewriting")


def _today() -> date:
    return datetime.now(UTC).date()
