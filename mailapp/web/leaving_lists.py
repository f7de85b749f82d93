"""What a message of a mailing list offers: leaving that list, its other addresses, and the memory of having left."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailapp.access import OpenMailbox, Right
from mailapp.mime.list_headers import Way
from mailapp.mime.render import MessageView
from mailapp.store.models import Message
from mailapp.store.summaries import Summary
from mailapp.unsubscribing import operations
from mailapp.unsubscribing.models import Unsubscription
from workmail.ui import formats


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a message of a list offers, and what is remembered of that list. Templates read it."""

    way: Way
    list_name: str
    row: Unsubscription | None = None

    @property
    def is_button(self) -> bool:
        return self.way.kind != "page"

    @property
    def memory(self) -> str:
        """What became of it, in a sentence; empty as long as nobody asked."""
        if self.row is None:
            return ""
        day = formats.long_date(formats.local(self.row.requested_at))
        if self.row.state == Unsubscription.State.WAITING:
            return _("You asked to unsubscribe on {date}. The sender is being told.").format(date=day)
        if self.row.state == Unsubscription.State.FAILED:
            return _("Unsubscribing on {date} did not work: the sender’s server did not accept it.").format(date=day)
        return _("You unsubscribed on {date}.").format(date=day)

    @property
    def is_offered(self) -> bool:
        """Whether there is something to press: not while the list is being told, and not after it let go."""
        return self.row is None or self.row.state == Unsubscription.State.FAILED

    @property
    def hint(self) -> str:
        if self.way.kind == "one-click":
            return _("Tells the sender’s server at once. Nothing else is sent.")
        return _("Sends a mail to {address}.").format(address=self.way.target)


class Lists:
    """The lists of the messages of one page: what is remembered is looked up once, and only if there are any."""

    def __init__(self, mailbox: OpenMailbox, views: Iterable[MessageView]) -> None:
        self._mailbox = mailbox
        self._is_open = (
            Right.WRITE in mailbox.rights
        )  # who only looks into somebody's folder leaves none of their lists
        self._rows = operations.among(mailbox, views) if self._is_open else {}

    def leaving(self, view: MessageView, summary: Summary, message: Message) -> Leaving | None:
        way = operations.offered(view, summary, message) if self._is_open else None
        if way is None:
            return None
        return Leaving(way, operations.name_of(view), self._rows.get(operations.list_digest(self._mailbox, view)))


def links(view: MessageView) -> list[tuple[str, str]]:
    """Return (label, address) of what else a list offers; a mail address leads to the composer."""
    labels = {
        "post": pgettext("link of a mailing list", "Write to the list"),
        "archive": pgettext("link of a mailing list", "Archive of the list"),
        "help": pgettext("link of a mailing list", "Help of the list"),
        "subscribe": pgettext("link of a mailing list", "Subscribe"),
        "owner": pgettext("link of a mailing list", "Owner of the list"),
    }
    return [
        (labels[name], f"{reverse('mail:compose')}?{urlencode({'mailto': uri})}" if _is_mail(uri) else uri)
        for name, uri in view.list_links
        if name in labels
    ]


def _is_mail(uri: str) -> bool:
    return uri.lower().startswith("mailto:")
