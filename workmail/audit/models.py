"""The audit log: what happened, by whom, from where. Rows are only ever added."""

from typing import ClassVar

from django.db import models


class AuditEntry(models.Model):
    """One act. ``action`` is a stable code such as ``user.create``; ``details`` holds before and after, no secrets."""

    organization = models.ForeignKey("directory.Organization", models.CASCADE, null=True, related_name="audit_entries")
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey("directory.Entity", models.SET_NULL, null=True, related_name="+")
    actor_label = models.CharField(max_length=320, blank=True)  # survives the deletion of the actor
    action = models.CharField(max_length=64)
    target = models.CharField(max_length=320, blank=True)
    protocol = models.CharField(max_length=16, blank=True)
    client_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    succeeded = models.BooleanField(default=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "-at"], name="audit_newest_first")]
