"""Files and links to them. Names are sealed with the pieces; of a link's address only a digest is kept."""

import uuid
from typing import ClassVar

from django.db import models


class Link(models.Model):
    """An address that opens one file to whoever has it. The row outlives its file, to say that it is gone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+")
    # SHA-256 of the token. The token itself is derived from the id under the mailbox's keys, see ``links.token_of``.
    token_digest = models.BinaryField(max_length=32, unique=True)
    password = models.CharField(max_length=200, blank=True)  # as Django hashes passwords
    days = models.PositiveSmallIntegerField()  # counted again when the message with it leaves
    expires_at = models.DateTimeField()
    download_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="link_to_sweep")]


class File(models.Model):
    """A complete file of one mailbox."""

    stored = models.OneToOneField("jobs.JobFile", models.RESTRICT, primary_key=True, related_name="+")
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="files")
    link = models.OneToOneField(Link, models.SET_NULL, null=True, related_name="file")  # null: nobody else can fetch it
    size_bytes = models.PositiveBigIntegerField()
    # What was uploaded for a message goes when its link has run out; null: what is kept until it is deleted.
    expires_at = models.DateTimeField(null=True)
    draft_id = models.UUIDField(null=True)  # for which it was uploaded; of a higher room, so no foreign key
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["mailbox", "-created_at", "stored"], name="files_newest_first"),
            models.Index(fields=["mailbox", "-size_bytes", "stored"], name="files_largest_first"),
            models.Index(fields=["expires_at"], condition=models.Q(expires_at__isnull=False), name="file_to_sweep"),
        ]


class Use(models.Model):
    """A draft that carries the link of a file, until it is sent or forgotten."""

    draft_id = models.UUIDField()
    file = models.ForeignKey(File, models.CASCADE, related_name="uses")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["draft_id", "file"], name="one_use_per_draft")]
