"""Mail on its way: what was accepted and has still to be done, kept for the trace for a while afterwards.

``Transit`` is one accepted message for one organization, ``Delivery`` one recipient of it: the unit of "exactly once".
Whatever people wrote or whom they wrote to is sealed under the spool key, so that mail can be accepted while its
organization's key is disabled.
"""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy


class Leased(models.Model):
    """Work that one process at a time may do; ``leases`` gives it out, renews it and takes it back."""

    attempts = models.PositiveIntegerField(default=0)  # that came to an end without success
    crashes = models.PositiveSmallIntegerField(default=0)  # leases that nobody gave back
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_holder = models.UUIDField(null=True, blank=True)

    class Meta:
        abstract = True


class Transit(Leased):
    """An accepted message, for one organization: the promise behind a 250."""

    class Direction(models.TextChoices):
        INBOUND = "inbound", pgettext_lazy("direction of mail", "incoming")
        SUBMISSION = "submission", pgettext_lazy("direction of mail", "outgoing")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("state of mail", "waiting")  # for the pipeline, the first time or again
        SENDING = "sending", pgettext_lazy("state of mail", "being sent")  # only the outbound queue has work left
        DONE = "done", pgettext_lazy("state of mail", "done")
        DROPPED = "dropped", pgettext_lazy("state of mail", "dropped")
        RECALLED = "recalled", pgettext_lazy("state of mail", "recalled")

    OPEN = (State.WAITING, State.SENDING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trace_id = models.CharField(max_length=32, db_index=True)  # in the 250 reply and in Received
    organization = models.ForeignKey("directory.Organization", models.CASCADE, related_name="transits")
    direction = models.CharField(max_length=16, choices=Direction.choices)
    content = models.ForeignKey("store.Content", models.PROTECT, null=True, related_name="transits")  # until it is done
    content_key = models.BinaryField()  # wrapped with the spool key
    envelope = models.BinaryField()  # sealed, see envelope.Envelope
    results = models.BinaryField(default=b"")  # sealed: what the stages found out, see transits.Results
    size_bytes = models.PositiveBigIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    is_expanded = models.BooleanField(default=False)  # its deliveries are written down
    is_held = models.BooleanField(default=False)  # by an administrator: nothing happens until it is released
    hold_until = models.DateTimeField(null=True, blank=True)  # undo send, send later: can be recalled until then
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="waiting", is_held=False), name="transit_due"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="transit_to_sweep"),
            models.Index(fields=["organization", "-created_at"], name="transit_newest_first"),
        ]


class Delivery(Leased):
    """One recipient of a transit, after aliases and groups."""

    class Kind(models.TextChoices):
        LOCAL = "local", pgettext_lazy("kind of recipient", "local")  # into a mailbox of this organization
        HOUSE = "house", pgettext_lazy("kind of recipient", "other organization")  # of this installation
        REMOTE = "remote", pgettext_lazy("kind of recipient", "remote")  # through the outbound queue

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("state of a delivery", "pending")
        DEFERRED = "deferred", pgettext_lazy("state of a delivery", "deferred")
        DONE = "done", pgettext_lazy("state of a delivery", "delivered")
        FAILED = "failed", pgettext_lazy("state of a delivery", "failed")

    OPEN = (State.PENDING, State.DEFERRED)

    transit = models.ForeignKey(Transit, models.CASCADE, related_name="deliveries")
    recipient_digest = models.BinaryField(max_length=16)  # of mailbox or address: named twice, delivered once
    recipient = models.BinaryField()  # sealed, see transits.Addressee
    kind = models.CharField(max_length=16, choices=Kind.choices)
    mailbox = models.ForeignKey("store.Mailbox", models.SET_NULL, null=True, blank=True, related_name="+")
    destination_digest = models.BinaryField(max_length=16, default=b"")  # of the remote domain
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    last_reply = models.BinaryField(default=b"")  # sealed: the peer's last word, for the trace and the report
    delay_notified_at = models.DateTimeField(null=True, blank=True)
    report_due = models.BooleanField(default=False)  # the sender has to be told how it ended
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["transit", "recipient_digest"], name="one_delivery_per_recipient")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(kind="remote", state__in=["pending", "deferred"]),
                name="delivery_due",
            ),
            models.Index(
                fields=["destination_digest", "lease_until"],
                condition=Q(lease_until__isnull=False),
                name="delivery_leased",
            ),
            models.Index(fields=["transit"], condition=Q(report_due=True), name="delivery_to_report"),
        ]


class Destination(models.Model):
    """Where mail goes to (MX hosts, the relay): locked to count connections, and left alone while it is down."""

    digest = models.BinaryField(max_length=16, primary_key=True)
    failures = models.PositiveIntegerField(default=0)  # connections that failed since the last one that did not
    resting_until = models.DateTimeField(null=True, blank=True)


class RecipientCount(models.Model):
    """How many external recipients a person or an organization has written to on one day (UTC)."""

    scope = models.CharField(max_length=40)  # the id of the user or of the organization
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "day"], name="one_count_per_day")]


class DkimKey(models.Model):
    """A signing key of one domain (RFC 6376). A new one replaces it after the DNS record is published."""

    domain = models.ForeignKey("directory.Domain", models.CASCADE, related_name="dkim_keys")
    selector = models.CharField(max_length=63)
    private_key = models.BinaryField()  # PEM, sealed under the spool key: signing must not wait for the organization's
    public_key = models.TextField()  # as it stands in p=
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["domain", "selector"], name="one_dkim_key_per_selector"),
            models.UniqueConstraint(fields=["domain"], condition=Q(is_active=True), name="one_active_dkim_key"),
        ]


class StsPolicy(models.Model):
    """What a remote domain promises about TLS (RFC 8461), remembered for as long as it asks."""

    domain = models.CharField(max_length=253, primary_key=True)
    policy_id = models.CharField(max_length=32, blank=True)
    mode = models.CharField(max_length=8)  # enforce, testing, none
    hosts = models.JSONField(default=list)  # patterns such as *.example.org
    expires_at = models.DateTimeField()
    checked_at = models.DateTimeField()  # when the DNS was last asked whether the policy changed


# How long finished transits answer "did it arrive?"
TRACE_KEPT = timedelta(days=10)
