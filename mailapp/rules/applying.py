"""A rule over the messages that a folder has already: how many it fits, and then as a job, with progress and a stop.

Nothing is passed on to others here: what has been lying in a folder would come out of the blue for them.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox, Right
from mailapp.jobs import kinds
from mailapp.jobs import operations as jobs
from mailapp.jobs.kinds import Json, Kind
from mailapp.jobs.progress import Progress
from mailapp.mime.parse import header_fields, parse
from mailapp.rules import definition as definitions
from mailapp.rules import operations, sentences, targets
from mailapp.rules.checking import own_addresses
from mailapp.rules.definition import PASSING_ON, Definition
from mailapp.rules.evaluation import Facts, Outcome, Step, fits
from mailapp.store import flags, folders, moving, queries
from mailapp.store.flags import FlagChange
from mailapp.store.models import Message
from workmail.errors import Invalid, NotFound
from workmail.ui import formats

KIND = "apply_rule"
_BATCH = 50
_COUNTING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Count:
    """How many messages of a folder a rule fits; ``looked_at`` of ``total`` when there was no time for all."""

    matched: int
    looked_at: int
    total: int

    @property
    def is_whole(self) -> bool:
        return self.looked_at >= self.total


def can_be_applied(definition: Definition) -> bool:
    """Tell whether the rule does anything with messages that are here already."""
    return any(action.kind not in (*PASSING_ON, definitions.Kind.STOP) for action in definition.actions)


def count(mailbox: OpenMailbox, rule_id: UUID, folder: OpenFolder, *, seconds: float = _COUNTING_SECONDS) -> Count:
    """Count, the newest first, as long as ``seconds`` allow."""
    mailbox.require(Right.READ)
    definition = operations.get(mailbox, rule_id).definition
    until = time.monotonic() + seconds
    total = folder.messages.count()
    looked_at = matched = 0
    last = folder.folder.uid_next
    own = own_addresses(mailbox)
    while looked_at < total and time.monotonic() < until:
        rows = folder.messages.select_related("content").defer("structure").order_by("-uid")
        batch = list(rows.filter(uid__lt=last)[:_BATCH])
        if not batch:
            return Count(matched, looked_at, looked_at)  # some went away meanwhile
        for message in batch:
            matched += _fits(mailbox, definition, message, own)
            looked_at += 1
        last = batch[-1].uid
    return Count(matched, looked_at, total)


def start(mailbox: OpenMailbox, rule_id: UUID, folder: OpenFolder) -> UUID:
    """Begin to apply the rule, as it is now, to what is in the folder now; returns the job's id.

    Raises:
        Forbidden, NotFound, LimitExceeded
        Invalid: It only passes messages on, or stops.
    """
    mailbox.require(Right.READ, Right.WRITE, Right.INSERT, Right.DELETE_MESSAGE, Right.EXPUNGE)
    rule = operations.get(mailbox, rule_id)
    if not can_be_applied(rule.definition):
        raise Invalid(_("This rule does nothing with messages that are here already."))
    names = {node.id.hex: node.name for node in folders.flat(folders.tree(mailbox))}
    return jobs.start(
        mailbox,
        KIND,
        parameters={
            "rule": rule_id.hex,
            "definition": definitions.dump(rule.definition).decode(),
            "folder": folder.folder.pk.hex,
            "uid_end": folder.folder.uid_next,
        },
        about={
            "rule": sentences.of_definition(rule.definition, names),
            "folder": folders.name_of(folder.folder, mailbox.keys),
        },
    )


def register() -> None:
    kinds.register(Kind(name=KIND, work=_work, title=_title, notice=_notice))


def _title(about: Json) -> str:
    return _("Rule on {folder}: {rule}").format(folder=about["folder"], rule=about["rule"])


def _notice(about: Json, result: Json) -> str:
    matched = int(result.get("matched", 0))
    return ngettext(
        "The rule was applied in %(folder)s: it fitted %(number)s message.",
        "The rule was applied in %(folder)s: it fitted %(number)s messages.",
        matched,
    ) % {"folder": about["folder"], "number": formats.number(matched)}


def _work(mailbox: OpenMailbox, parameters: Json, progress: Progress) -> Json:
    definition = definitions.load(parameters["definition"].encode())
    rule_id = UUID(hex=parameters["rule"])
    try:
        folder = access.folder_in(mailbox, UUID(hex=parameters["folder"]))
    except NotFound as error:
        raise NotFound(_("The folder is gone.")) from error
    if progress.total is None:
        progress.set_total(folder.messages.filter(uid__lt=parameters["uid_end"]).count())
    own = own_addresses(mailbox)
    for batch in _batches(folder, progress.cursor.get("uid", 0), parameters["uid_end"]):
        fitting = [message for message in batch if _fits(mailbox, definition, message, own)]
        if fitting:
            _apply(mailbox, folder, definition, rule_id, fitting)
        matched = progress.cursor.get("matched", 0) + len(fitting)
        progress.advance(len(batch), uid=batch[-1].uid, matched=matched)
    return {"matched": progress.cursor.get("matched", 0)}


def _batches(folder: OpenFolder, after: int, end: int) -> Iterator[list[Message]]:
    rows = folder.messages.select_related("content").defer("structure").order_by("uid")
    while batch := list(rows.filter(uid__gt=after, uid__lt=end)[:_BATCH]):
        yield batch
        after = batch[-1].uid


def _fits(mailbox: OpenMailbox, definition: Definition, message: Message, own: list[str]) -> bool:
    raw = queries.raw(mailbox, message)
    facts = Facts(parse(raw), message.size_bytes, own=lambda: own, header=lambda: header_fields(raw))
    return fits(definition, facts)


def _apply(
    mailbox: OpenMailbox, folder: OpenFolder, definition: Definition, rule_id: UUID, fitting: list[Message]
) -> None:
    """Do for all of a batch what the rule says. Done twice, it does the same."""
    outcome = Outcome()
    for action in definition.actions:
        outcome.add(Step(rule_id, action))
    uids = [message.uid for message in fitting]
    names = {name for name in ("is_seen", "is_flagged") if getattr(outcome, name)} | set(outcome.keywords)
    if names:
        flags.change(folder, uids, FlagChange(set=frozenset(names)))
    for step in outcome.copies:
        target = _target(mailbox, step)
        missing = _without_those_in(target, fitting)
        if missing and target.folder.pk != folder.folder.pk:
            moving.copy(folder, missing, target)
    if outcome.filing is not None:
        moving.move(folder, uids, _target(mailbox, outcome.filing))


def _target(mailbox: OpenMailbox, step: Step) -> OpenFolder:
    target = targets.folder_of(mailbox, step.action)
    if target is None:
        raise NotFound(_("The folder that the rule names is gone. Choose another one and run the rule again."))
    return target


def _without_those_in(target: OpenFolder, messages: list[Message]) -> list[int]:
    """A batch that is done again after a crash must not be copied again."""
    digests = [message.content_digest for message in messages]
    there = {
        bytes(d) for d in target.messages.filter(content_digest__in=digests).values_list("content_digest", flat=True)
    }
    return [message.uid for message in messages if bytes(message.content_digest) not in there]
