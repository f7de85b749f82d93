"""What signing in leaves behind: sessions, counted failures, second factors, application passwords.

No row holds a secret that opens anything by itself: session keys, recovery codes and application passwords are kept
as digests, the authenticator's secret is sealed under the installation's master key.
"""

import base64
import secrets
import uuid
from typing import ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django_otp.plugins.otp_totp.models import TOTPDevice

from workmail.keys import envelope
from workmail.keys.providers import master_key


class Session(AbstractBaseSession):
    """One browser (later: one client of another door). Deleting the row ends the session at its next request.

    ``session_key`` is a digest of the key in the cookie, so that a copy of this table opens no session.
    """

    user = models.ForeignKey("directory.User", models.CASCADE, null=True, related_name="sessions")
    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # names the session on pages
    protocol = models.CharField(max_length=16, default="web")
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now_add=True)
    client_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-last_seen_at"], name="sessions_of_a_user")]

    @classmethod
    def get_session_store_class(cls) -> type:
        from workmail.accounts.sessions import SessionStore

        return SessionStore


class FailureCount(models.Model):
    """How often something was tried in vain lately; see ``workmail.accounts.lockout``."""

    scope = models.CharField(max_length=24)  # account, address, second_factor, sign_up …
    key = models.CharField(max_length=64)
    failures = models.PositiveIntegerField(default=0)
    last_failure_at = models.DateTimeField(null=True)
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "key"], name="one_count_per_key")]
        indexes: ClassVar = [models.Index(fields=["last_failure_at"], name="failures_by_age")]


class Authenticator(TOTPDevice):
    """A TOTP app (RFC 6238) of a user, its secret sealed; everything else is django-otp's."""

    class Meta:
        proxy = True

    def new_secret(self) -> None:
        sealed = envelope.seal(_authenticator_key(), secrets.token_bytes(20), self._context())
        self.key = base64.urlsafe_b64encode(sealed).decode()

    @property
    def bin_key(self) -> bytes:
        return envelope.unseal(_authenticator_key(), base64.urlsafe_b64decode(self.key), self._context())

    def get_throttle_factor(self) -> int:
        return 0  # lockout counts both kinds of codes together

    def _context(self) -> bytes:
        return b"authenticator " + self.user_id.bytes


def _authenticator_key() -> bytes:
    return envelope.derive(master_key(), "authenticators")


class RecoveryCode(models.Model):
    """A code that replaces the authenticator once.

    django-otp's static tokens are kept in plain text; these are kept as keyed digests, and one UPDATE spends one.
    """

    user = models.ForeignKey("directory.User", models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "digest"], name="one_recovery_code")]


class ApplicationPassword(models.Model):
    """A random password for one program, good for the named protocols only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("directory.User", models.CASCADE, related_name="application_passwords")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    protocols = models.JSONField(default=list)  # imap, smtp, dav, activesync, ews
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_address = models.GenericIPAddressField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "digest"], name="one_application_password")]
