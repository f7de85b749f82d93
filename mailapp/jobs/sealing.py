"""What a job knows, as sealed JSON; each value opens only in its own column of its own row."""

import json
from typing import Any
from uuid import UUID

from workmail.keys.mailbox_keys import MailboxKeys


def seal(keys: MailboxKeys, job_id: UUID, column: str, value: Any) -> bytes:
    return keys.seal(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), _context(job_id, column))


def unseal(keys: MailboxKeys, job_id: UUID, column: str, sealed: bytes, default: Any = None) -> Any:
    """Return the value; ``default`` when nothing was ever written."""
    sealed = bytes(sealed)
    if not sealed:
        return default
    return json.loads(keys.unseal(sealed, _context(job_id, column)).decode("utf-8", "surrogatepass"))


def _context(job_id: UUID, column: str) -> bytes:
    return b"job " + column.encode() + b" " + job_id.bytes
