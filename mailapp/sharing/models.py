"""What was granted. A grant is one row for each pair of what is shared and who gets it; none means no access.

Nothing else is kept: whether a grant holds (the person is enabled, still in the group) is asked each time.
"""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from mailapp.sharing.levels import Level


class MailboxGrant(models.Model):
    """What somebody may do with a whole mailbox, or in the name of a person, a room or a group.

    ``entity`` and not a mailbox: a group has none, but one may send in its name.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("directory.Organization", models.CASCADE, related_name="+", db_index=False)
    entity = models.ForeignKey("directory.Entity", models.CASCADE, related_name="+", db_index=False)
    grantee = models.ForeignKey("directory.Entity", models.CASCADE, related_name="+")
    is_to_group = models.BooleanField(default=False)  # the grantee is a group: its members have it
    full_access = models.BooleanField(default=False)
    send_as = models.BooleanField(default=False)
    send_on_behalf = models.BooleanField(default=False)
    copies_to_owner = models.BooleanField(default=False)  # what is sent in this name stands in the owner's Sent too
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entity", "grantee"], name="one_mailbox_grant_per_grantee"),
            models.CheckConstraint(
                condition=Q(full_access=True) | Q(send_as=True) | Q(send_on_behalf=True),
                name="mailbox_grant_of_something",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization"], condition=Q(is_to_group=True), name="mailbox_grant_to_group")
        ]


class FolderGrant(models.Model):
    """What somebody may do in one folder, and, if it says so, in all below it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("directory.Organization", models.CASCADE, related_name="+", db_index=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+")
    folder = models.ForeignKey("store.Folder", models.CASCADE, related_name="+", db_index=False)
    grantee = models.ForeignKey("directory.Entity", models.CASCADE, related_name="+")
    is_to_group = models.BooleanField(default=False)
    level = models.CharField(max_length=16, choices=Level.choices)
    includes_subfolders = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["folder", "grantee"], name="one_folder_grant_per_grantee")
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization"], condition=Q(is_to_group=True), name="folder_grant_to_group")
        ]
