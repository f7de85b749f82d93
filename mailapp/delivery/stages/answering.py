"""Automatic replies (RFC 3834): prepared with the delivery, written in the transaction that stores the message."""

import logging
from dataclasses import dataclass

from mailapp.access import OpenMailbox
from mailapp.contacts import correspondents
from mailapp.delivery import intake
from mailapp.delivery.stages import passing_on
from mailapp.delivery.stages.passing_on import PassedOn
from mailapp.delivery.transits import OpenTransit
from mailapp.mime.compose import Outgoing, compose
from mailapp.mime.model import InvalidField, Person
from mailapp.rules import replies
from mailapp.rules.answerable import is_answerable
from mailapp.rules.evaluation import Facts
from mailapp.rules.models import AutomaticReply
from mailapp.rules.replies import Reply
from mailapp.rules.wording import subject_of_reply
from workmail.directory import addresses
from workmail.directory.models import Entity

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Answer:
    """The reply to one sender, ready to be written once the sender's one answer is claimed."""

    mailbox: OpenMailbox
    reply: Reply
    sender: str
    message: PassedOn


def prepare(transit: OpenTransit, mailbox: OpenMailbox, facts: Facts) -> Answer | None:
    """Write the answer if there is one to give; whatever is slow happens here, outside of any transaction."""
    envelope = transit.envelope
    owner: Entity = mailbox.mailbox.entity
    if transit.results.is_junk or not envelope.reverse_path:
        return None
    reply = replies.in_force(mailbox)
    if reply is None or not is_answerable(facts, envelope.reverse_path) or _is_doubtful(transit):
        return None
    text = _text_for(mailbox, reply, envelope.reverse_path)
    if not text or replies.is_answered(mailbox, reply, envelope.reverse_path):
        return None
    author = next((p for p in (*facts.parsed.to, *facts.parsed.cc) if facts.is_own(p)), None)
    try:
        raw = _compose(owner, author, text, facts, envelope.reverse_path)
    except InvalidField:  # an address that no header can carry
        logger.exception("Transit %s cannot be answered", transit.id)
        return None
    message = passing_on.originated(transit, owner, raw, envelope.reverse_path, rule_id=None, reverse_path="")
    return Answer(mailbox, reply, envelope.reverse_path, message)


def save(answer: Answer) -> bool:
    """Claim and write, inside the caller's transaction; False when another worker has answered."""
    if not replies.claim(answer.mailbox, answer.reply, answer.sender):
        return False
    passing_on.write(answer.message)
    return True


def discard(answer: Answer) -> None:
    assert answer.message.written is not None
    intake.discard(answer.message.written)


def _is_doubtful(transit: OpenTransit) -> bool:
    """A reverse path that SPF or DMARC says is forged would let the answer hit somebody who wrote nothing."""
    authentication = transit.results.authentication
    return authentication is not None and any(
        (found := authentication.of(method)) is not None and found.result == "fail" for method in ("spf", "dmarc")
    )


def _text_for(mailbox: OpenMailbox, reply: Reply, sender: str) -> str:
    resolved = addresses.resolve(sender)
    if resolved is not None and resolved.entity.organization_id == mailbox.mailbox.organization_id:
        return reply.texts.inside
    if reply.audience == AutomaticReply.Audience.EVERYONE:
        return reply.texts.outside
    if reply.audience == AutomaticReply.Audience.KNOWN and correspondents.is_known(mailbox, sender):
        return reply.texts.outside
    return ""


def _compose(owner: Entity, author: Person | None, text: str, facts: Facts, to: str) -> bytes:
    parsed = facts.parsed
    with passing_on.in_words_of(owner):
        return compose(
            Outgoing(
                from_=Person(str(owner), author.addr_spec if author is not None else owner.addr_spec),
                to=(Person("", to),),
                subject=subject_of_reply(parsed.subject),
                text=text,
                in_reply_to=parsed.message_id,
                references=(*parsed.references[-50:], *filter(None, (parsed.message_id,))),
                extra_fields=(("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")),
            )
        )
