"""Which browsers want to be told, and what they are to be told next."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class PushSubscription(models.Model):
    """One browser of one session; it goes with the session, so signing out ends it.

    What is to be told is one place on the row and not a queue: new mail that comes before it was told takes the place
    of the older, and is counted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="push_subscriptions")
    session = models.ForeignKey("accounts.Session", models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=16, unique=True)  # of the endpoint: a browser belongs to one person
    sealed = models.BinaryField()  # endpoint and keys; whoever has them can tell this browser things
    created_at = models.DateTimeField(auto_now_add=True)
    message_id = models.BigIntegerField(null=True)  # the newest; no foreign key, for it may go and nobody should wait
    waiting = models.PositiveIntegerField(default=0)  # how many messages are to be told of
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)  # null: nothing is to be told
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at"], name="push_due", condition=models.Q(next_attempt_at__isnull=False))
        ]
