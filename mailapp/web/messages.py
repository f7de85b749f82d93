"""What one message shows in the reading pane: who, to whom, whether that is true, its text, and what it carries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from uuid import UUID

from babel.dates import format_date
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailapp.junk.judging import KEYWORD as LOOKS_LIKE_JUNK
from mailapp.junk.phishing import KEYWORD as PHISHING
from mailapp.mime.calendar_cards import CalendarCard
from mailapp.mime.model import Person
from mailapp.mime.render import AttachmentView, MessageView
from mailapp.store import reminding
from mailapp.store.models import Folder, Message
from mailapp.store.summaries import Summary
from mailapp.web import bounces
from mailapp.web.leaving_lists import Leaving, links
from mailapp.web.sender_warnings import Concern, SenderWarning
from mailapp.web.senders import Verification
from mailapp.web.sources import Source, without_links
from workmail.directory.addresses import fold
from workmail.ui import formats

_NAMES_SHOWN = 2
_BOUNCES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and how they want to see remote images."""

    own: frozenset[str]
    external_images: str = "ask"
    trusted: frozenset[str] = frozenset()

    def is_me(self, person: Person) -> bool:
        return fold(person.addr_spec) in self.own

    def name_of(self, person: Person) -> str:
        if self.is_me(person):
            # Translators: the reader themselves, among the recipients: "to you, Bob and 2 others"
            return pgettext("recipient", "you")
        return person.display_name or person.addr_spec


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """An attachment with its addresses."""

    part: AttachmentView
    label: str  # a few capitals: PDF, DOCX
    download_url: str
    preview_url: str = ""
    keep_url: str = ""  # where a POST saves it in Files

    @property
    def name(self) -> str:
        return self.part.file_name or _("Part without a name")


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar card with its times as this person writes them."""

    card: CalendarCard
    title: str
    weekday: str
    day: str
    month: str
    when: str
    kind: str  # what it is, in a sentence


@dataclass
class MessagePane:
    """An unfolded message. Templates read it."""

    source: Source
    view: MessageView
    reader: Reader
    verification: Verification
    images_asked: bool = False
    folder_id: UUID | None = None
    extra: dict[str, str] = field(default_factory=dict)
    warning: SenderWarning | None = None
    is_external: bool = False
    leaving: Leaving | None = None
    said: str = ""  # what was done just now, for the status line

    @property
    def key(self) -> UUID:
        return self.source.key

    @property
    def summary(self) -> Summary:
        return self.source.summary

    @cached_property
    def sender(self) -> Person:
        people = self.view.from_ or self.view.sender
        return people[0] if people else Person("", "")

    @cached_property
    def sender_name(self) -> str:
        return self.sender.display_name or self.sender.addr_spec or _("(unknown sender)")

    @cached_property
    def on_behalf(self) -> str:
        """Who sent it for the one it says it is from, if that is somebody else (RFC 5322 §3.6.2)."""
        people = self.view.sender
        if not people or fold(people[0].addr_spec) == fold(self.sender.addr_spec):
            return ""
        return people[0].display_name or people[0].addr_spec

    @cached_property
    def replies_elsewhere(self) -> str:
        """Where answers go, when that is not the sender: worth knowing before writing one."""
        author = {fold(person.addr_spec) for person in self.view.from_}
        others = [person.addr_spec for person in self.view.reply_to if fold(person.addr_spec) not in author]
        return ", ".join(others[:3])

    @property
    def list_links(self) -> list[tuple[str, str]]:
        return links(self.view)

    @property
    def says_where_answers_go(self) -> bool:
        """Once is enough: a warning may have said it already."""
        is_said = self.warning is not None and self.warning.concern is Concern.ANSWERS_ELSEWHERE
        return bool(self.replies_elsewhere) and not is_said

    @property
    def at(self) -> datetime:
        return self.source.message.internal_date if not self.source.is_nested else self.sent_at or datetime.now(UTC)

    @cached_property
    def sent_at(self) -> datetime | None:
        return datetime.fromisoformat(self.view.sent_at) if self.view.sent_at else None

    @cached_property
    def recipients_words(self) -> str:
        """Say to whom in a few words: to you, Luca Bianchi and 2 others."""
        people = [*self.view.to, *self.view.cc, *self.view.bcc]
        if not people:
            return _("to undisclosed recipients")
        people.sort(key=lambda person: not self.reader.is_me(person))
        names = [self.reader.name_of(person) for person in people[: _NAMES_SHOWN + 1]]
        if len(people) == 1:
            return _("to {first}").format(first=names[0])
        if len(people) == 2:
            return _("to {first} and {second}").format(first=names[0], second=names[1])
        rest = len(people) - _NAMES_SHOWN
        return ngettext("to {first}, {second} and {n} other", "to {first}, {second} and {n} others", rest).format(
            first=names[0], second=names[1], n=formats.number(rest)
        )

    @property
    def recipients(self) -> list[tuple[str, Sequence[Person]]]:
        """(label, people) of every address list that is not empty."""
        lists = (
            (pgettext("header of a message", "From"), self.view.from_),
            (pgettext("header of a message", "Sent by"), self.view.sender if self.on_behalf else ()),
            (pgettext("header of a message", "Reply to"), self.view.reply_to if self.replies_elsewhere else ()),
            (pgettext("header of a message", "To"), self.view.to),
            (pgettext("header of a message", "Cc"), self.view.cc),
            (pgettext("header of a message", "Bcc"), self.view.bcc),
        )
        return [(label, people) for label, people in lists if people]

    # --- Text ---

    @property
    def is_framed(self) -> bool:
        """HTML is shown in a frame; plain text stands in the page, where it can be searched and printed with it."""
        return bool(self.view.html)

    @property
    def text(self) -> SafeString:
        return mark_safe(without_links(self.view.text_html) if self.blocks_links else self.view.text_html)

    @property
    def quoted_text(self) -> SafeString:
        quoted = self.view.quoted_text_html
        return mark_safe(without_links(quoted) if self.blocks_links else quoted)

    @property
    def blocks_links(self) -> bool:
        """In Junk a link is text: it can be read, and nobody follows it by mistake."""
        return self.source.is_in_junk

    @property
    def body_url(self) -> str:
        return self.source.address("body") + ("?images=1" if self.shows_images else "")

    @property
    def shows_images(self) -> bool:
        if not self.view.remote_count:
            return False
        if self.source.is_in_junk:
            return self.images_asked
        is_trusted = self.verification.is_verified and fold(self.sender.addr_spec) in self.reader.trusted
        return self.images_asked or self.reader.external_images == "always" or is_trusted

    @property
    def offers_images(self) -> bool:
        return self.view.remote_count > 0 and not self.shows_images and self.reader.external_images != "never"

    @property
    def may_trust_sender(self) -> bool:
        """Only an address that was verified can be recognized the next time."""
        return self.verification.is_verified and bool(self.sender.addr_spec) and not self.source.is_nested

    # --- What it carries ---

    @cached_property
    def attachments(self) -> list[AttachmentRow]:
        return [self._attachment(part) for part in self.view.attachments]

    def _attachment(self, part: AttachmentView) -> AttachmentRow:
        preview = ""
        if part.preview == "message":
            preview = self.source.inside(part.number).address("whole")
        elif part.preview:
            preview = self.source.address("preview", number=part.number)
        extension = part.file_name.rpartition(".")[2].upper() if "." in part.file_name else ""
        label = extension if 1 < len(extension) <= 4 and extension.isalnum() else ""
        download = self.source.part_address(part.number, part.file_name) + "?download"
        return AttachmentRow(part, label, download, preview, self.source.address("keep", number=part.number))

    @cached_property
    def thumbnails(self) -> list[AttachmentRow]:
        """Pictures that are attached, to be seen at once."""
        rows = [row for row in self.attachments if row.part.preview == "image" and row.part.size_bytes < 3_000_000]
        return rows[:12]

    @property
    def archive_url(self) -> str:
        return self.source.address("archive") if len(self.attachments) > 1 else ""

    @cached_property
    def invitations(self) -> list[Invitation]:
        return [invitation(card) for card in self.view.calendar_cards]

    @cached_property
    def bounce(self) -> list[str]:
        """What a report of non-delivery says, one sentence for each recipient."""
        return [bounces.sentence(report) for report in self.view.bounces[:_BOUNCES_SHOWN]]

    @property
    def notices(self) -> list[tuple[str, str]]:
        """(kind, sentence) of what one should know before reading."""
        found = []
        if not self.source.is_nested:
            found += _why_junk(self.source.message)
        if not self.source.is_nested and reminding.KEYWORD in self.source.message.keywords:
            found.append(("warn", _("Nobody has answered this message yet. You asked to be reminded.")))
        if self.view.is_encrypted:
            text = _("This message is encrypted. Download it and open it with the program that has your private key.")
            found.append(("warn", text))
        if self.view.is_signed:
            found.append(("", _signature_words(self.view.signature_kind)))
        if self.view.notice:
            found.append(("", _("This message is too large or too complex for its layout; its text is shown.")))
        if "text_truncated" in self.view.defects:
            found.append(("", _("Only the beginning of this very long message is shown. Download it to read all.")))
        if self.view.importance == "high":
            found.append(("", _("The sender marked this message as important.")))
        return found

    @property
    def defects(self) -> list[str]:
        return [words for code in self.view.defects if (words := _DEFECTS.get(code, lambda: "")())]

    # --- Links ---

    @property
    def reply_url(self) -> str:
        return reverse("mail:compose_reply", args=[self.key])

    @property
    def reply_all_url(self) -> str:
        return reverse("mail:compose_reply_all", args=[self.key])

    @property
    def forward_url(self) -> str:
        return reverse("mail:compose_forward", args=[self.key])

    @property
    def source_url(self) -> str:
        return self.source.address("source")

    @property
    def eml_url(self) -> str:
        return self.source.address("eml")

    @property
    def print_url(self) -> str:
        return self.source.address("print")

    @property
    def images_url(self) -> str:
        """The same message with its remote images: as a fragment for the script."""
        return self.source.page_address

    @property
    def trust_url(self) -> str:
        return reverse("mail:trust", args=[self.key])

    @property
    def frame_title(self) -> str:
        return _("Message from {name}").format(name=self.sender_name)


def _why_junk(message: Message) -> list[tuple[str, str]]:
    """Say why a message is in Junk, as far as that is known, and what that means for it."""
    if message.folder.role != Folder.Role.JUNK:
        return []
    links = _("Links in it are switched off as long as it is in Junk.")
    if PHISHING in message.keywords:
        return [("bad", _("You reported this message as phishing.") + " " + links)]
    if LOOKS_LIKE_JUNK in message.keywords:
        why = _(
            "This message looks like mail you marked as junk. If it is not, press Not junk: the filter learns from it."
        )
        return [("warn", why + " " + links)]
    return [("", links)]


def _signature_words(kind: str) -> str:
    if kind == "smime":
        return _("This message carries an S/MIME signature. It was not checked here.")
    if kind == "openpgp":
        return _("This message carries an OpenPGP signature. It was not checked here.")
    return _("This message carries a digital signature. It was not checked here.")


_DEFECTS = {
    "address_unreadable": lambda: _("Some addresses could not be read."),
    "base64_broken": lambda: _("Part of the message is damaged."),
    "body_missing": lambda: _("The message has no text."),
    "boundary_missing": lambda: _("The parts of the message are not marked correctly."),
    "boundary_not_closed": lambda: _("The message seems to end too early."),
    "charset_guessed": lambda: _("The message does not say correctly in which characters it is written."),
    "date_missing": lambda: _("The message has no date."),
    "date_unreadable": lambda: _("The date of the message could not be read."),
    "encoding_unknown": lambda: _("Part of the message is encoded in an unknown way."),
    "from_missing": lambda: _("The message does not say who sent it."),
    "header_8bit": lambda: _("The header of the message is not written correctly."),
    "header_duplicate": lambda: _("Part of the header stands there twice; the first one counts."),
    "header_malformed": lambda: _("The header of the message is not written correctly."),
    "header_missing": lambda: _("The message has no header."),
    "header_too_large": lambda: _("The header of the message is very long; only its beginning was read."),
    "message_id_missing": lambda: _("The message has no identifier."),
    "tnef_unreadable": lambda: _("A file named winmail.dat could not be unpacked."),
    "too_deep": lambda: _("The message is nested too deeply; the rest was not taken apart."),
    "too_many_parts": lambda: _("The message has too many parts; the rest was not taken apart."),
}


def invitation(card: CalendarCard) -> Invitation:
    """Return the card with its times in words."""
    start, end = _moment(card.dtstart), _moment(card.dtend)
    place = formats.current_locale()
    day = formats.local(start).date() if isinstance(start, datetime) and start.tzinfo else start
    weekday = format_date(day, "EEE", locale=place) if day else ""
    month = format_date(day, "MMM", locale=place) if day else ""
    return Invitation(
        card=card,
        title=card.summary or _("(no title)"),
        weekday=weekday,
        day=str(day.day) if day else "",
        month=month,
        when=_when(card, start, end),
        kind=_kind_words(card),
    )


def _moment(text: str) -> date | datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return None


def _when(card: CalendarCard, start: date | datetime | None, end: date | datetime | None) -> str:
    if start is None:
        return ""
    if not isinstance(start, datetime):
        return _("All day")
    first = formats.clock(start) if start.tzinfo else start.strftime("%H:%M")
    if not isinstance(end, datetime):
        return first
    last = formats.clock(end) if end.tzinfo else end.strftime("%H:%M")
    if (formats.local(end) if end.tzinfo else end).date() != (formats.local(start) if start.tzinfo else start).date():
        last = formats.date_and_time(end) if end.tzinfo else end.strftime("%Y-%m-%d %H:%M")
    return f"{first}–{last}"


def _kind_words(card: CalendarCard) -> str:
    if card.method == "CANCEL" or card.status == "CANCELLED":
        return _("This event was cancelled.")
    if card.method == "REPLY":
        return _("An answer to an invitation.")
    if card.method in ("REQUEST", "ADD"):
        return _("An invitation. You can answer the sender by mail.")
    if card.method == "COUNTER":
        return _("A proposal for another time.")
    return _("An event.")
