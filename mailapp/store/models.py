"""Where mail is kept.

Plain columns hold only what the database must sort, join or count by; everything a person wrote is sealed under the
mailbox's keys (``summary``, ``structure``, folder names) or under the content's own key (the blob).
"""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from workmail.changes.models import Collection, ModSequence, Numbered


class Mailbox(models.Model):
    """The mail of one entity (a person or a resource). It outlives the entity's access by thirty days."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("directory.Organization", models.CASCADE, related_name="mailboxes")
    entity = models.OneToOneField("directory.Entity", models.CASCADE, related_name="mailbox")
    key = models.ForeignKey("keys.WrappedKey", models.PROTECT, related_name="+")
    sequence = models.OneToOneField(ModSequence, models.PROTECT, related_name="mailbox")
    folder_tree = models.OneToOneField(Collection, models.PROTECT, related_name="+")  # its items are the folders
    quota_bytes = models.PositiveBigIntegerField()
    used_bytes = models.PositiveBigIntegerField(default=0)
    warned_percent = models.PositiveSmallIntegerField(default=0)  # the last level the person was told of, see usage
    created_at = models.DateTimeField(auto_now_add=True)


class Folder(Numbered):
    """What IMAP calls a mailbox. Its primary key is its collection's: the folder *is* a collection of messages."""

    class Role(models.TextChoices):
        INBOX = "inbox", pgettext_lazy("folder", "Inbox")
        SNOOZED = "snoozed", pgettext_lazy("folder", "Snoozed")  # made when it is needed first, see snoozing
        DRAFTS = "drafts", pgettext_lazy("folder", "Drafts")
        SCHEDULED = "scheduled", pgettext_lazy("folder", "Scheduled")  # own copies of what is sent later
        SENT = "sent", pgettext_lazy("folder", "Sent")
        ARCHIVE = "archive", pgettext_lazy("folder, noun", "Archive")
        JUNK = "junk", pgettext_lazy("folder", "Junk")
        DELETED = "deleted", pgettext_lazy("folder", "Deleted")
        NONE = "", pgettext_lazy("folder made by a person", "Folder")

    collection = models.OneToOneField(Collection, models.CASCADE, primary_key=True, related_name="folder")
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="folders")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.NONE, blank=True)
    name = models.BinaryField()  # sealed; empty for the standard folders, which are named in the reader's language
    name_digest = models.BinaryField(max_length=16)  # so that siblings have different names
    uid_validity = models.PositiveBigIntegerField()
    uid_next = models.PositiveBigIntegerField(default=1)
    # Kept, never counted: a folder of a million messages opens like one of fifty.
    message_count = models.PositiveBigIntegerField(default=0)
    unread_count = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    conversation_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "role"], condition=~Q(role=""), name="one_folder_per_role"),
            models.UniqueConstraint(
                fields=["mailbox", "parent", "name_digest"],
                condition=Q(parent__isnull=False),
                name="one_folder_per_name",
            ),
            models.UniqueConstraint(
                fields=["mailbox", "name_digest"],
                condition=Q(parent__isnull=True),
                name="one_top_folder_per_name",
            ),
        ]


class Content(models.Model):
    """One message as it arrived, stored once: a blob of ciphertext under a random key of its own.

    Each message row holds that key, wrapped with its mailbox's key. ``view`` is a second blob under the same key: what
    the reading page shows, parsed and sanitized once. Contents are deleted by the sweep, never inline.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    size_bytes = models.PositiveBigIntegerField()  # of the message itself, before compression
    stored_bytes = models.PositiveBigIntegerField()
    has_view = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # Set when a reference went away: the sweep looks only at these, and deletes those without any reference left.
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["released_at"], condition=Q(released_at__isnull=False), name="content_to_sweep")
        ]

    @property
    def blob_name(self) -> str:
        return f"{self.id.hex[:2]}/{self.id.hex[2:4]}/{self.id.hex}"

    @property
    def view_name(self) -> str:
        return f"{self.blob_name}.view"


class Thread(models.Model):
    """A conversation in one mailbox, over all its folders."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="threads")
    message_count = models.PositiveIntegerField(default=0)  # ever added; a full thread is continued by a new one
    is_muted = models.BooleanField(default=False)  # answers go past the inbox


class ThreadReference(models.Model):
    """A Message-ID (its keyed digest) that belongs to a thread, seen or only referred to."""

    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=16)
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="references")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "digest"], name="one_thread_per_message_id")
        ]


class Message(Numbered):
    """One message in one folder. ``key`` names it in URLs and stays when it moves; ``uid`` does not."""

    # No index of their own: each is the first column of another.
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="messages", db_index=False)
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="messages", db_index=False)
    thread = models.ForeignKey(Thread, models.PROTECT, related_name="messages", db_index=False)
    content = models.ForeignKey(Content, models.PROTECT, related_name="messages")
    content_key = models.BinaryField()  # the content's key, wrapped with the mailbox's
    summary = models.BinaryField()  # sealed, see summaries.Summary
    structure = models.BinaryField()  # sealed: IMAP ENVELOPE and BODYSTRUCTURE, rendered
    trace = models.BinaryField(default=b"")  # sealed: the header fields that delivery put in front for this recipient
    message_id_digest = models.BinaryField(max_length=16)
    content_digest = models.BinaryField(max_length=16)  # keyed; finds an imported message again
    internal_date = models.DateTimeField()
    # Where lists have it: the internal date, or the time for which it was snoozed. Never null; the column only is, for
    # SQLite can then add it to a large table without writing that anew.
    listed_at = models.DateTimeField(null=True)
    size_bytes = models.PositiveBigIntegerField()
    is_seen = models.BooleanField(default=False)
    is_flagged = models.BooleanField(default=False)
    is_answered = models.BooleanField(default=False)
    is_forwarded = models.BooleanField(default=False)
    is_draft = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)  # IMAP's \Deleted: still here, will be expunged
    keywords = models.JSONField(default=list)
    has_attachment = models.BooleanField(default=False)
    is_to_me = models.BooleanField(default=False)  # an address of the owner stood in To when it was stored
    is_categorized = models.BooleanField(default=False)  # has a keyword that may be a category's, see flags
    is_indexed = models.BooleanField(default=False)
    # Sorts like internal_date and is unique: the row number in the search index, so that newest first needs no sort.
    search_id = models.BigIntegerField(unique=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["folder", "uid"], name="one_message_per_uid"),
            models.UniqueConstraint("key", name="one_message_per_key"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["folder", "modseq"], name="message_by_modseq"),
            models.Index(fields=["folder", "-listed_at", "-id"], name="message_listed"),
            models.Index(fields=["thread", "-internal_date"], name="message_by_thread"),
            models.Index(fields=["mailbox", "message_id_digest"], name="message_by_message_id"),
            models.Index(fields=["mailbox", "content_digest"], name="message_by_content"),
            models.Index(fields=["mailbox", "search_id"], name="message_by_search_id"),
            models.Index(
                fields=["mailbox", "-size_bytes", "-id"], condition=Q(size_bytes__gte=1024 * 1024), name="message_large"
            ),
            models.Index(fields=["mailbox", "id"], condition=Q(is_indexed=False), name="message_to_index"),
            models.Index(
                fields=["folder", "listed_at", "id"], condition=Q(is_seen=False), name="message_listed_unread"
            ),
            models.Index(
                fields=["folder", "listed_at", "id"], condition=Q(is_flagged=True), name="message_listed_flagged"
            ),
            models.Index(fields=["folder", "listed_at", "id"], condition=Q(is_to_me=True), name="message_listed_to_me"),
            models.Index(
                fields=["folder", "listed_at", "id"], condition=Q(has_attachment=True), name="message_listed_with_file"
            ),
            models.Index(
                fields=["folder", "listed_at", "id"], condition=Q(is_categorized=True), name="message_categorized"
            ),
        ]


class Snooze(models.Model):
    """A message in Snoozed, and when it comes back, see ``snoozing``."""

    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="+")
    message_key = models.UUIDField(unique=True)  # not a foreign key: expunging messages must not look here for each
    due_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["due_at"], name="snooze_due")]


class Conversation(models.Model):
    """A row of the list: what one folder holds of one thread. Kept by ``conversations.refresh``."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="conversations", db_index=False)
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="conversations")
    newest = models.ForeignKey(Message, models.CASCADE, related_name="+")
    newest_at = models.DateTimeField()
    message_count = models.PositiveIntegerField()
    unread_count = models.PositiveIntegerField()
    flagged_count = models.PositiveIntegerField()
    to_me_count = models.PositiveIntegerField(default=0)
    has_attachment = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["folder", "thread"], name="one_conversation_per_folder")
        ]
        indexes: ClassVar = [
            models.Index(fields=["folder", "-newest_at", "-newest"], name="conversation_newest_first"),
            models.Index(
                fields=["folder", "newest_at", "newest"], condition=Q(unread_count__gt=0), name="conversation_unread"
            ),
            models.Index(
                fields=["folder", "newest_at", "newest"], condition=Q(flagged_count__gt=0), name="conversation_flagged"
            ),
            models.Index(
                fields=["folder", "newest_at", "newest"], condition=Q(to_me_count__gt=0), name="conversation_to_me"
            ),
            models.Index(
                fields=["folder", "newest_at", "newest"],
                condition=Q(has_attachment=True),
                name="conversation_with_file",
            ),
        ]
