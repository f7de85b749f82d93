"""Which key protects what. No row holds a usable key: only wrapped ones."""

import uuid

from django.db import models
from django.utils.translation import pgettext_lazy


class OrganizationKey(models.Model):
    """The key that wraps the mailbox keys of one organization, held by a provider."""

    class State(models.TextChoices):
        ENABLED = "enabled", pgettext_lazy("state of a key", "enabled")
        DISABLED = "disabled", pgettext_lazy("state of a key", "disabled")

    organization = models.OneToOneField("directory.Organization", models.CASCADE, related_name="key")
    provider = models.CharField(max_length=32, default="local")
    reference = models.CharField(max_length=2048)  # the provider's name of the key, such as an ARN
    state = models.CharField(max_length=16, choices=State.choices, default=State.ENABLED)
    created_at = models.DateTimeField(auto_now_add=True)


class WrappedKey(models.Model):
    """A 256-bit key wrapped by an organization key. Destroying it empties ``wrapped`` for ever."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization_key = models.ForeignKey(OrganizationKey, models.CASCADE, related_name="wrapped_keys")
    wrapped = models.BinaryField()
    destroyed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
