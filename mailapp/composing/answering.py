"""Beginning a message: an empty one, an answer, a forward."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mailapp import access
from mailapp.access import OpenMailbox, Right
from mailapp.composing import authors, building, drafts, recipients, signatures, subjects, uploads
from mailapp.composing.models import Draft
from mailapp.composing.state import Fields, Manner, Origin
from mailapp.mime import file_names, sanitize
from mailapp.mime.html_text import html_to_text
from mailapp.mime.model import ParsedMessage, Part, Person
from mailapp.mime.parse import parse, part_content
from mailapp.mime.plain_text import text_to_html
from mailapp.store import queries
from mailapp.store.models import Folder, Message
from workmail.accounts import preferences
from workmail.directory.addresses import fold
from workmail.errors import NotFound
from workmail.ui import formats

# As long as References may grow (RFC 5322 §3.6.4 sets no limit): the first, which names the thread, and the latest.
_MOST_REFERENCES = 50


def begin_new(mailbox: OpenMailbox, asked: Fields) -> Fields:
    """Return what a new message begins with: what was asked for, in the format the person likes."""
    asked = asked.cleaned()
    if _prefers_plain(mailbox):
        fields = replace(asked, is_plain=True)
    else:
        html = f"<p>{text_to_html(asked.text)}</p>" if asked.text else ""
        fields = replace(asked, text="", html=html, is_plain=False)
    return signatures.begin_with(mailbox, fields, Manner.NEW)


def begin(mailbox: OpenMailbox, message_key: UUID, manner: Manner) -> Draft:
    """Begin an answer to a message, or a forward of it with its files.

    Raises:
        NotFound: There is no such message.
        LimitExceeded: Its files are more than a message can carry.
        OverQuota: The mailbox cannot hold its files a second time.
    """
    mailbox.require(Right.READ, Right.INSERT)
    source = mailbox
    try:
        message = queries.message(mailbox, message_key)
    except NotFound:  # in a folder that is shared with the writer: what they write is theirs nevertheless
        source = access.open_mailbox_of_message(mailbox.actor, message_key)
        message = queries.message(source, message_key)
    raw = queries.raw(source, message)
    parsed = parse(raw)
    own = building.own_people(mailbox)
    fields = Fields(
        from_address=_addressed_as(parsed, own) or _shared_as(mailbox, source, parsed),
        subject=subjects.answer(parsed.subject) if manner.is_reply else subjects.forward(parsed.subject),
        is_plain=_prefers_plain(mailbox),
    )
    if manner.is_reply:
        fields = _with_recipients(fields, message, parsed, own, manner)
    fields = signatures.begin_with(mailbox, fields, manner)
    origin = Origin(
        manner=manner,
        message_key=message_key,
        in_reply_to=parsed.message_id if manner.is_reply else "",
        references=_references(parsed),
    )
    draft = drafts.begin(mailbox, fields, origin)
    if manner is Manner.FORWARD_AS_ATTACHMENT:
        name = file_names.for_message(parsed.subject) or file_names.made_up("message/rfc822", 1)
        uploads.attach(mailbox, draft.pk, name, raw, content_type="message/rfc822")
        return drafts.set_beginning(mailbox, draft, fields, origin)
    pictures = _copy_pictures(mailbox, draft, raw, parsed)
    if manner is Manner.FORWARD:
        _copy(mailbox, draft, raw, [*parsed.attachments, *parsed.calendar_parts])
    origin = _with_quote(origin, parsed, pictures)
    if fields.is_plain:
        # In a plain text one answers between the lines, so the quote belongs into it.
        fields, origin = (
            replace(fields, text=f"{fields.text}\n\n{origin.quote_text}"),
            replace(origin, quote_html="", quote_text=""),
        )
        return drafts.set_beginning(mailbox, draft, fields, origin)
    return drafts.set_beginning(mailbox, draft, fields, origin)


# --- Who gets the answer ---------------------------------------------------------------------------------------


def _addressed_as(parsed: ParsedMessage, own: Iterable[Person]) -> str:
    """Return the address of ours that the message was sent to, or that it was sent from."""
    named = {fold(person.addr_spec) for person in (*parsed.to, *parsed.cc, *parsed.bcc, *parsed.from_)}
    return next((person.addr_spec for person in own if fold(person.addr_spec) in named), "")


def _shared_as(mailbox: OpenMailbox, source: OpenMailbox, parsed: ParsedMessage) -> str:
    """Return the address of somebody else that the message was sent to, if the writer may answer in that name."""
    if source is mailbox:
        return ""
    return _addressed_as(parsed, (author.person for author in authors.all_of(mailbox)))


def _with_recipients(
    fields: Fields, message: Message, parsed: ParsedMessage, own: list[Person], manner: Manner
) -> Fields:
    """An answer to one's own message goes on to those it went to."""
    mine = {fold(person.addr_spec) for person in own}
    is_sent = message.folder.role in (Folder.Role.SENT, Folder.Role.SCHEDULED)
    is_own = is_sent or any(fold(person.addr_spec) in mine for person in parsed.from_)
    authors = parsed.reply_to or parsed.from_
    if is_own and any(fold(person.addr_spec) not in mine for person in parsed.to):
        to, cc = [*parsed.to], [*parsed.cc] if manner is Manner.REPLY_ALL else []
    elif manner is Manner.REPLY_ALL:
        to, cc = [*authors, *parsed.to], [*parsed.cc]
    else:
        to, cc = [*authors], []
    # A message to oneself is answered to oneself; in all other answers one is not one's own recipient.
    others = [person for person in to if fold(person.addr_spec) not in mine] or to[:1]
    taken = {fold(person.addr_spec) for person in others}
    copies = [person for person in cc if fold(person.addr_spec) not in mine | taken]
    limit = settings.SMTP_MAX_RECIPIENTS
    return replace(
        fields,
        to=recipients.write(_once(others)[:limit]),
        cc=recipients.write(_once(copies)[:limit]),
    )


def _once(people: Iterable[Person]) -> list[Person]:
    found: dict[str, Person] = {}
    for person in people:
        if person.addr_spec:
            found.setdefault(fold(person.addr_spec), person)
    return list(found.values())


def _references(parsed: ParsedMessage) -> tuple[str, ...]:
    """RFC 5322 §3.6.4: the parent's References and the parent; In-Reply-To stands in where there are none."""
    before = parsed.references or ((parsed.in_reply_to,) if parsed.in_reply_to else ())
    chain = [reference for reference in (*before, parsed.message_id) if reference]
    if len(chain) > _MOST_REFERENCES:
        chain = [chain[0], *chain[1 - _MOST_REFERENCES :]]
    return tuple(dict.fromkeys(chain))


# --- What is quoted --------------------------------------------------------------------------------------------


def _with_quote(origin: Origin, parsed: ParsedMessage, pictures: Mapping[str, str]) -> Origin:
    html = sanitize.sanitize_for_sending(parsed.html, inline=pictures) if parsed.html else ""
    text = parsed.text or (html_to_text(parsed.html) if parsed.html else "")
    context = {"message": parsed, "html": html or text_to_html(text), "manner": origin.manner, "lines": _lines(parsed)}
    if origin.manner.is_reply:
        introduction = attribution(parsed)
        context["attribution"] = introduction
        quote_text = f"{introduction}\n{_quoted(text)}"
    else:
        head = "\n".join(f"{name}: {value}" for name, value in _lines(parsed))
        quote_text = f"---------- {_('Forwarded message')} ----------\n{head}\n\n{text.strip()}"
    return replace(
        origin, quote_html=render_to_string("mail/compose/quoted.html", context).strip(), quote_text=quote_text
    )


def attribution(parsed: ParsedMessage) -> str:
    """Return the line above a quote, in the person's language."""
    author = _names(parsed.from_) or _("somebody")
    if parsed.sent_at is None:
        # Translators: above a quoted message; {author} is a name or an address
        return _("{author} wrote:").format(author=author)
    # Translators: above a quoted message; {date} is such as "12 Nov 2026, 09:42", {author} a name or an address
    return _("On {date}, {author} wrote:").format(date=formats.date_and_time(parsed.sent_at), author=author)


def _lines(parsed: ParsedMessage) -> list[tuple[str, str]]:
    """Return the head of a forwarded message, as people read it."""
    lines = [
        (pgettext("field of a message", "From"), _names(parsed.from_)),
        (
            pgettext("field of a message", "Date"),
            formats.date_and_time(parsed.sent_at) if parsed.sent_at else "",
        ),
        (pgettext("field of a message", "Subject"), parsed.subject),
        (pgettext("field of a message", "To"), _names(parsed.to)),
        (pgettext("field of a message", "Cc"), _names(parsed.cc)),
    ]
    return [(name, value) for name, value in lines if value]


def _names(people: Iterable[Person]) -> str:
    return ", ".join(
        f"{person.display_name} <{person.addr_spec}>"
        if person.display_name and person.addr_spec
        else person.display_name or person.addr_spec
        for person in people
    )


def _quoted(text: str) -> str:
    """Quote one level deeper; quotes of quotes need no blank between their marks."""
    lines = text.strip("\n").split("\n")
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines)


# --- Files -----------------------------------------------------------------------------------------------------


def _copy_pictures(mailbox: OpenMailbox, draft: Draft, raw: bytes, parsed: ParsedMessage) -> dict[str, str]:
    """Take over the pictures that the quoted text shows; returns their new addresses by the old ones."""
    addresses: dict[str, str] = {}
    if not parsed.html:
        return addresses
    for part in parsed.inline_parts:
        if not part.content_id or f"cid:{part.content_id}" not in parsed.html:
            continue
        content = part_content(raw, part.number)
        if not uploads.picture_type_of(content.octets):
            continue
        file = uploads.attach(mailbox, draft.pk, content.file_name, content.octets, is_inline=True)
        addresses[part.content_id] = f"cid:{file.details.content_id}"
    return addresses


def _copy(mailbox: OpenMailbox, draft: Draft, raw: bytes, parts: Iterable[Part]) -> None:
    for part in parts:
        content = part_content(raw, part.number)
        uploads.attach(
            mailbox,
            draft.pk,
            content.file_name or part.file_name,
            content.octets,
            content_type=content.content_type,
        )


# --- How the person writes -------------------------------------------------------------------------------------


def _prefers_plain(mailbox: OpenMailbox) -> bool:
    user = mailbox.actor.user
    return user is not None and preferences.of(user).compose_format == "plain"
