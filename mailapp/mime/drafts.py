"""What an answer or a forward begins with."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from mailapp.mime import headers, limits, sanitize
from mailapp.mime.addresses import fold_addr_spec, parse_address_list
from mailapp.mime.model import ParsedMessage, Part, Person
from mailapp.mime.plain_text import text_to_html

Mode = Literal["reply", "reply_all", "forward"]

# "Re:" and "Fwd:" as programs of other languages write them, also counted: "Re[2]:", "Aw: Re:".
_PREFIX: Final = re.compile(
    r"\s*(?:(?:re|aw|sv|antw|odp|rép|rif|res|ynt|vs|ha|fwd?|wg|tr|vl|rv|enc|doorst|пересл|отв|на)"
    r"(?:\s*\[\d{1,3}\]|\s*\(\d{1,3}\))?\s?[:：]\s*)+",
    re.IGNORECASE,
)
_MOST_REFERENCES: Final = 50


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """Data for a composer. ``html`` is safe for an editor; pictures in it are ``part:<number>`` of ``inline_parts``."""

    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    subject: str
    in_reply_to: str
    references: tuple[str, ...]
    text: str
    html: str
    inline_parts: tuple[Part, ...]
    attachments: tuple[Part, ...]  # of a forward


def reply_draft(
    parsed: ParsedMessage,
    raw: bytes | None = None,
    *,
    mode: Mode = "reply",
    own_addresses: Collection[str] = (),
    introduction: str = "",
) -> ReplyDraft:
    """Return what an answer to, or forward of, a message begins with.

    Args:
        raw: Needed only to honour Mail-Followup-To.
        own_addresses: Whoever answers is not among the recipients; to one's own message the answer goes where it went.
        introduction: The translated sentence above the quote, such as "On {date}, {person} wrote:".
    """
    own = {fold_addr_spec(address) for address in own_addresses}
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    if mode != "forward":
        to, cc = _recipients(parsed, raw, mode, own)
    text, html = _quote(parsed, mode, introduction)
    is_forward = mode == "forward"
    return ReplyDraft(
        to=to,
        cc=cc,
        subject=prefixed(parsed.subject, "Fwd" if is_forward else "Re"),
        in_reply_to="" if is_forward else parsed.message_id,
        references=references(parsed),
        text=text,
        html=html,
        inline_parts=parsed.inline_parts if parsed.html else (),
        attachments=(*parsed.attachments, *parsed.calendar_parts) if is_forward else (),
    )


def prefixed(subject: str, prefix: str) -> str:
    """Return the subject with ``Re: `` or ``Fwd: `` once, whatever prefixes it had."""
    bare = _PREFIX.sub("", subject, count=1).strip()
    return f"{prefix}: {bare}".strip()[: limits.MAX_SUBJECT_CHARACTERS]


def references(parsed: ParsedMessage) -> tuple[str, ...]:
    """RFC 5322 §3.6.4; of a long chain the first, which names the thread, and the latest are kept."""
    before = parsed.references or ((parsed.in_reply_to,) if parsed.in_reply_to else ())
    chain = list(dict.fromkeys(one for one in (*before, parsed.message_id) if one))
    return tuple(chain if len(chain) <= _MOST_REFERENCES else [chain[0], *chain[1 - _MOST_REFERENCES :]])


def _recipients(
    parsed: ParsedMessage, raw: bytes | None, mode: Mode, own: set[str]
) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    is_own = any(fold_addr_spec(person.addr_spec) in own for person in parsed.from_)
    authors = parsed.reply_to or parsed.from_
    if mode == "reply":
        return _once(parsed.to if is_own and parsed.to else authors, own), ()
    if raw is not None and (followup := _followup(raw)):
        return _once(followup, own), ()
    to = _once((*(() if is_own else authors), *parsed.to), own)
    taken = {fold_addr_spec(person.addr_spec) for person in to}
    return to, tuple(
        person for person in _once(parsed.cc, own, keep_one=False) if fold_addr_spec(person.addr_spec) not in taken
    )


def _followup(raw: bytes) -> tuple[Person, ...]:
    header, _ = headers.read(raw, 0, len(raw))
    return parse_address_list(header.text("mail-followup-to"))


def _once(people: Iterable[Person], own: set[str], *, keep_one: bool = True) -> tuple[Person, ...]:
    """Everybody with an address once, without oneself; a message among oneself is answered to oneself."""
    found: dict[str, Person] = {}
    for person in people:
        if person.addr_spec:
            found.setdefault(fold_addr_spec(person.addr_spec), person)
    others = tuple(person for folded, person in found.items() if folded not in own)
    return others or (tuple(found.values())[:1] if keep_one else ())


def _quote(parsed: ParsedMessage, mode: Mode, introduction: str) -> tuple[str, str]:
    inline = {part.content_id: f"part:{part.number}" for part in parsed.inline_parts if part.content_id}
    body = sanitize.sanitize_for_editor(parsed.html, inline=inline) if parsed.html else ""
    body = body or text_to_html(parsed.text).replace("\n", "<br>\n")
    above = f"<p>{text_to_html(introduction).strip()}</p>" if introduction else ""
    text = parsed.text.strip("\n")
    if mode == "forward":
        return f"{introduction}\n\n{text}".strip("\n"), f"{above}{body}"
    quoted = "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in text.split("\n"))
    return f"{introduction}\n{quoted}".strip("\n"), f'{above}<blockquote type="cite">{body}</blockquote>'
