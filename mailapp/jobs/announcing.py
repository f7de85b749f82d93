"""Telling the open pages that a job went on. They ask for the rest with their own rights."""

from uuid import UUID

from workmail.changes import bell


def ring(owner_id: UUID, job_id: UUID) -> None:
    """``owner_id`` is the mailbox's sequence, by which pages listen."""
    bell.ring_group(bell.group_name(owner_id), {"type": "job.changed", "owner": owner_id.hex, "job": str(job_id)})
