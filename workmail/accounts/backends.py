"""Django's view of who signs in: users of the directory, checked by ``passwords.check``."""

from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from workmail.accounts import passwords
from workmail.accounts.middleware import client_address
from workmail.directory.models import Entity, Organization, User


class DirectoryBackend(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, email: str = "", password: str = "", **_credentials: object
    ) -> User | None:
        """Return the user, or stop: no other backend is asked about this address.

        Raises:
            PermissionDenied: Refused; why is in the audit log.
        """
        try:
            return passwords.check(
                email,
                password,
                protocol="web",
                client_address=client_address(request) if request else None,
                user_agent=request.META.get("HTTP_USER_AGENT", "") if request else "",
            )
        except passwords.SignInRefused as refused:
            raise PermissionDenied from refused

    def get_user(self, user_id: UUID) -> User | None:
        """Return the user of a session, if they may still use it."""
        return (
            User.objects.select_related("organization")
            .filter(pk=user_id, state=Entity.State.ENABLED, organization__state=Organization.State.ACTIVE)
            .first()
        )
