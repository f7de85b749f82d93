"""A message as pages address it: one of the mailbox, or a message inside a message, to any depth.

``/mail/m/<key>/…`` is the message itself, ``/mail/m/<key>/in/2~1.3/…`` the message in part 1.3 of the one in part 2.
All pages of a message exist for both.
"""

import re
from dataclasses import dataclass, field
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.mime import parse, render
from mailapp.mime.render import MessageView
from mailapp.store import queries, summaries
from mailapp.store.models import Folder, Message
from mailapp.store.summaries import Summary
from workmail.errors import NotFound

_DEEPEST = 10
_LINK = re.compile(r' href="[^"]*"')
_BETWEEN = "~"


@dataclass(slots=True)
class Source:
    """Opened by ``open_source`` for pages, or made of a row that was read already."""

    mailbox: OpenMailbox
    message: Message
    summary: Summary
    trail: str = ""
    _raw: list[bytes] = field(default_factory=list, repr=False)

    @property
    def key(self) -> UUID:
        return self.message.key

    @property
    def is_nested(self) -> bool:
        return bool(self.trail)

    @property
    def raw(self) -> bytes:
        """The octets, read once. Raises NotFound where the trail leads nowhere."""
        if not self._raw:
            octets = queries.raw(self.mailbox, self.message)
            try:
                for number in self.trail.split(_BETWEEN) if self.trail else ():
                    octets = parse.nested(octets, number)
            except LookupError as error:
                raise NotFound from error
            self._raw.append(octets)
        return self._raw[0]

    @property
    def is_in_junk(self) -> bool:
        return self.message.folder.role == Folder.Role.JUNK

    def view(self) -> MessageView:
        """What a page shows; kept beside the content, but for messages inside others."""
        return render.render(self.raw) if self.trail else queries.view(self.mailbox, self.message)

    def address(self, name: str, **arguments: object) -> str:
        """Return the address of one of its pages."""
        if self.trail:
            name = "whole" if name == "whole" else f"nested_{name}"
            return reverse(f"mail:{name}", kwargs={"key": self.key, "trail": self.trail, **arguments})
        return reverse(f"mail:{name}", kwargs={"key": self.key, **arguments})

    @property
    def page_address(self) -> str:
        """The page that shows it, among the other messages of its folder or alone."""
        if self.trail:
            return self.address("whole")
        return reverse("mail:message", args=[self.message.folder_id, self.key])

    @property
    def outer_address(self) -> str:
        """The page of the message around this one."""
        outer = self.trail.rpartition(_BETWEEN)[0]
        return Source(self.mailbox, self.message, self.summary, outer).page_address

    def part_address(self, number: str, file_name: str = "") -> str:
        return self.address("part", number=number, file_name=_in_address(file_name))

    def inside(self, number: str) -> "Source":
        """Return the message in one of its parts."""
        trail = f"{self.trail}{_BETWEEN}{number}" if self.trail else number
        return Source(self.mailbox, self.message, self.summary, trail)


def open_source(request: HttpRequest, key: UUID, trail: str = "") -> Source:
    """Open a message of the actor's own mailbox, or of a folder that is shared with them. Raises NotFound."""
    if trail.count(_BETWEEN) >= _DEEPEST:
        raise NotFound
    mailbox = access.open_own_mailbox(request.actor)
    try:
        message = queries.message(mailbox, key)
    except NotFound:
        mailbox = access.open_mailbox_of_message(request.actor, key)
        message = queries.message(mailbox, key)
    return Source(mailbox, message, summaries.unseal(mailbox.keys, message), trail)


def without_links(html: str) -> str:
    """Return HTML of a view whose links lead nowhere; quotes stand only around attributes, see ``render``."""
    return _LINK.sub("", html)


def _in_address(file_name: str) -> str:
    """Return the file's name as the last part of an address, where programs look for a name to save under."""
    name = "".join(character for character in file_name if character.isprintable() and character not in '/\\?#%"<>')
    return name.strip(". ")[:120] or "part"
