"""What the owner of a mailbox has asked for: where the message goes, with which flags, to whom it is passed on.

A rule that cannot do what it says never costs a message: it goes to the inbox, and the rule tells its problem.
"""

from dataclasses import dataclass, field
from uuid import UUID

from mailapp.access import OpenFolder
from mailapp.delivery import intake
from mailapp.delivery.stages import answering, passing_on
from mailapp.delivery.stages.answering import Answer
from mailapp.delivery.stages.passing_on import PassedOn
from mailapp.delivery.transits import OpenTransit
from mailapp.mime.parse import header_fields
from mailapp.rules import operations, targets
from mailapp.rules.checking import own_addresses
from mailapp.rules.evaluation import Facts, Outcome, evaluate
from mailapp.rules.models import Rule
from mailapp.store.appending import Flags
from mailapp.store.models import Folder


@dataclass(slots=True)
class Filed:
    """Where one message goes in one mailbox, and what else is written with it."""

    folder: OpenFolder
    flags: Flags = field(default_factory=Flags)
    copies: list[tuple[UUID, OpenFolder]] = field(default_factory=list)
    passed_on: list[PassedOn] = field(default_factory=list)
    answer: Answer | None = None
    problems: dict[UUID, str] = field(default_factory=dict)


def decide(transit: OpenTransit, folder: OpenFolder) -> Filed:
    """Ask the rules; everything slow happens here, outside of any transaction. Junk is nobody's to sort.

    Args:
        folder: Where the message goes without rules.
    """
    filed = Filed(folder)
    if folder.folder.role == Folder.Role.JUNK:
        return filed
    mailbox = folder.mailbox
    facts = Facts(
        transit.prepared.parsed,
        transit.prepared.content.size_bytes,
        own=lambda: own_addresses(mailbox),
        header=lambda: header_fields(transit.raw),
    )
    if rules := operations.in_force(mailbox):
        _follow(transit, filed, evaluate(rules, facts))
    filed.answer = answering.prepare(transit, mailbox, facts)
    return filed


def save(filed: Filed) -> None:
    """Write what belongs to the stored message, inside the transaction that stored it."""
    left_out = passing_on.save(filed.passed_on, filed.problems)
    if filed.answer is not None and not answering.save(filed.answer):
        left_out.append(filed.answer.message)
    for rule_id, problem in filed.problems.items():
        operations.note_problem(rule_id, problem)
    _discard(left_out)


def discard(filed: Filed) -> None:
    """Remove what was prepared for a message that is not stored now."""
    _discard([*filed.passed_on, *([filed.answer.message] if filed.answer else [])])


def _follow(transit: OpenTransit, filed: Filed, outcome: Outcome) -> None:
    mailbox = filed.folder.mailbox
    if (step := outcome.filing) is not None:
        target = targets.folder_of(mailbox, step.action)
        if target is None:
            filed.problems[step.rule_id] = Rule.Problem.FOLDER_GONE
        else:
            filed.folder = target
    for step in outcome.copies:
        target = targets.folder_of(mailbox, step.action)
        if target is None:
            filed.problems[step.rule_id] = Rule.Problem.FOLDER_GONE
        elif target.folder.pk != filed.folder.folder.pk:
            filed.copies.append((step.rule_id, target))
    filed.flags = Flags(
        is_seen=outcome.is_seen, is_flagged=outcome.is_flagged, keywords=tuple(sorted(outcome.keywords))
    )
    filed.passed_on = passing_on.prepare(transit, mailbox, outcome.passing_on, filed.problems)


def _discard(messages: list[PassedOn]) -> None:
    for each in messages:
        if each.written is not None:
            intake.discard(each.written)
