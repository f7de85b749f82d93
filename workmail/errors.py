"""What can go wrong in an operation.

Operations raise these; every door has one table that translates them into its own words (an HTTP status,
an IMAP response code, an SMTP reply). The message is for the person: translated, a whole sentence, and it
says what to do next.
"""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _


class WorkmailError(Exception):
    """Base of all refusals. ``code`` is stable and never translated; ``str(error)`` is for the person."""

    code: ClassVar[str] = "error"
    sentence: ClassVar = _("This did not work. Try again.")

    def __init__(self, message: object = None, **details: object) -> None:
        self.message = message if message is not None else self.sentence
        self.details = details
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class NotFound(WorkmailError):
    """There is none, or the actor may not even know of it: both look the same from outside."""

    code = "not_found"
    sentence = _("This does not exist, or you may not see it.")


class Forbidden(WorkmailError):
    """The actor sees it but lacks the right."""

    code = "forbidden"
    sentence = _("You may see this but not change it. Ask its owner or your administrator for the right.")


class Invalid(WorkmailError):
    """The input cannot be used; ``details`` may name the field."""

    code = "invalid"
    sentence = _("Something in this form cannot be used. Correct it and try again.")


class AlreadyExists(WorkmailError):
    """The name or address is taken."""

    code = "already_exists"
    sentence = _("This name is already in use. Choose another one.")


class OverQuota(WorkmailError):
    """The mailbox is full."""

    code = "over_quota"
    sentence = _("The mailbox is full. Delete messages or ask your administrator for more space.")


class LimitExceeded(WorkmailError):
    """A limit on number, size or rate."""

    code = "limit_exceeded"
    sentence = _("A limit is reached. Try again later.")


class Stale(WorkmailError):
    """Somebody else changed it meanwhile; ``details`` may carry both versions."""

    code = "stale"
    sentence = _("This was changed elsewhere meanwhile. Look at the new version and try again.")


class HorizonPassed(WorkmailError):
    """The change log no longer reaches back that far: read everything anew."""

    code = "horizon_passed"
    sentence = _("Too much has changed since. The list is loaded anew.")


class KeyUnavailable(WorkmailError):
    """The organization's key is disabled or its provider does not answer: content cannot be read now."""

    code = "key_unavailable"
    sentence = _("The encryption key of this organization is not available, so its mail cannot be read now.")
