"""Long work and its files. What it is about is sealed under the mailbox's keys; plain is what the sweep counts by."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from mailapp.delivery.models import Leased

# How long a finished job and what it made can be looked at.
KEPT = timedelta(days=7)


class Job(Leased):
    """One long work for one person, as ``operations.start`` wrote it down."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("state of long work", "waiting")
        RUNNING = "running", pgettext_lazy("state of long work", "running")
        DONE = "done", pgettext_lazy("state of long work", "done")
        FAILED = "failed", pgettext_lazy("state of long work", "failed")
        CANCELLED = "cancelled", pgettext_lazy("state of long work", "cancelled")

    OPEN = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="jobs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")  # null: the system
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    parameters = models.BinaryField(default=b"")  # sealed; emptied at the end
    about = models.BinaryField()  # sealed: what title and notice are made of
    cursor = models.BinaryField(default=b"")  # sealed: where to go on
    doing = models.BinaryField(default=b"")  # sealed: a sentence
    result = models.BinaryField(default=b"")  # sealed: what the work returned, or why it failed
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True)  # null: nobody knows
    # For "about 4 minutes left": how fast it has gone since a worker took it up last.
    taken_up_at = models.DateTimeField(null=True)
    done_when_taken_up = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    is_dismissed = models.BooleanField(default=False)  # the person has read how it ended

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at"], condition=Q(state__in=["waiting", "running"]), name="job_due"),
            models.Index(fields=["mailbox", "-created_at"], name="job_newest_first"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="job_to_sweep"),
        ]


class JobFile(models.Model):
    """What a job reads (an upload) or made (a download): ciphertext in pieces, until it expires."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="files")  # null: not begun yet, or over
    key = models.BinaryField()  # of the pieces, wrapped with the mailbox's
    name = models.BinaryField()  # sealed
    size_bytes = models.PositiveBigIntegerField(default=0)
    is_complete = models.BooleanField(default=False)
    is_download = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, db_index=True)  # null: another room keeps it, see files.keep
    created_at = models.DateTimeField(auto_now_add=True)


class JobFilePiece(models.Model):
    """Some megabytes of a file. Its id names the blob, so that two writers can never write the same one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file = models.ForeignKey(JobFile, models.CASCADE, related_name="pieces", db_index=False)
    number = models.PositiveIntegerField()
    start = models.PositiveBigIntegerField()
    size_bytes = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["file", "number"], name="one_piece_per_number")]

    @property
    def blob_name(self) -> str:
        return f"files/{self.id.hex[:2]}/{self.id.hex[2:4]}/{self.id.hex}"
