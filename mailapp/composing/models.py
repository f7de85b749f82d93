"""A message being written.

The row is what the composer works on: it is cheap to save while somebody types. The message in Drafts is made from it,
for every other door, and is rewritten with large attachments only when the writer pauses (``is_settled``).
"""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy


class Draft(models.Model):
    """What somebody is writing, and after it was sent the proof that it was: sending again does nothing."""

    class Status(models.TextChoices):
        EDITING = "editing", pgettext_lazy("state of a draft", "being written")
        SENDING = (
            "sending",
            pgettext_lazy("state of a draft", "being sent"),
        )  # claimed by one request, see claimed_until
        HELD = "held", pgettext_lazy("state of a draft", "on hold")  # handed over to delivery, can still be taken back
        SENT = "sent", pgettext_lazy("state of a draft", "sent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # chosen by the page, see drafts.save
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="drafts")
    # Not a foreign key: expunging messages must not look here for each of them.
    message_key = models.UUIDField(null=True)  # of the message in Drafts
    fields = models.BinaryField()  # sealed, see state.Fields
    origin = models.BinaryField()  # sealed, see state.Origin; written once
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.EDITING)
    revision = models.PositiveIntegerField(default=0)  # counts saves
    # Who saved last (one open page), and that page's own count: saves that overtook each other are put in order.
    editor = models.UUIDField(null=True)
    editor_sequence = models.PositiveIntegerField(default=0)
    is_settled = models.BooleanField(default=False)  # the message in Drafts holds everything, large attachments too
    saved_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    transit_id = models.UUIDField(null=True)
    sent_key = models.UUIDField(null=True)  # of the copy in Sent
    hold_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("message_key", name="one_draft_per_message"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["saved_at"], condition=Q(status="editing", is_settled=False), name="draft_to_settle"),
            models.Index(fields=["hold_until"], condition=Q(status="held"), name="draft_to_finish"),
            models.Index(fields=["status", "saved_at"], name="draft_to_sweep"),
        ]


class Upload(models.Model):
    """A file put into a draft, kept once however often the draft is saved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="uploads")
    content = models.OneToOneField("store.Content", models.PROTECT, related_name="+")
    content_key = models.BinaryField()  # wrapped with the mailbox's
    details = models.BinaryField()  # sealed, see state.FileDetails
    size_bytes = models.PositiveBigIntegerField()
    is_inline = models.BooleanField(default=False)  # a picture in the text
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["draft", "created_at"], name="upload_in_order")]


class Kept(models.Model):
    """Something a writer keeps under a name, see ``kept``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+")
    held = models.BinaryField()  # sealed
    before = models.BinaryField(default=b"")  # sealed: the version before the last change
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)  # out of sight, and forgotten a day later

    class Meta:
        abstract = True


class Signature(Kept):
    """What stands below messages."""


class Template(Kept):
    """A text to write with."""


class SignatureChoice(models.Model):
    """Which signatures messages from one address begin with. An address is known by its keyed digest."""

    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+", db_index=False)
    address_digest = models.BinaryField(max_length=16)
    for_new = models.ForeignKey(Signature, models.SET_NULL, null=True, related_name="+")
    for_answers = models.ForeignKey(Signature, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "address_digest"], name="one_choice_per_address")
        ]


class Reminder(models.Model):
    """A message that was sent, and when to look whether anybody has answered, see ``reminders``."""

    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+")
    message_key = models.UUIDField(unique=True)  # of the copy in Sent
    due_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["due_at"], name="reminder_due")]
