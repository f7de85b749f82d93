"""Words that go out in the owner's name, in the active language."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def subject_of_reply(subject: str) -> str:
    """Return the subject of the automatic reply to a message (RFC 3834 §3.1.5)."""
    # Translators: subject of a mail; {subject} is that of the message that is answered
    return _("Automatic reply: {subject}").format(
        subject=" ".join(subject.split())[:200] or pgettext("message without a subject", "(no subject)")
    )
