"""Making, changing, ordering, switching and deleting the rules of a mailbox: one transaction each."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox, Right
from mailapp.categories import operations as categories
from mailapp.rules import definition as definitions
from mailapp.rules.checking import checked
from mailapp.rules.definition import Definition, Kind
from mailapp.rules.models import Rule
from mailapp.store.models import Mailbox
from workmail.audit import log as audit
from workmail.errors import LimitExceeded, NotFound
from workmail.keys.mailbox_keys import MailboxKeys

MOST_RULES = 100
# The same trouble is told again after a day, not with every message.
TOLD_AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenedRule:
    """A rule, readable."""

    id: UUID
    is_on: bool
    definition: Definition
    problem: str = ""
    problem_at: datetime | None = None


def listed(mailbox: OpenMailbox) -> list[OpenedRule]:
    """Return all rules of the mailbox in their order: one statement."""
    mailbox.require(Right.READ)
    return [_opened(mailbox.keys, row) for row in _rows(mailbox)]


def in_force(mailbox: OpenMailbox) -> list[tuple[UUID, Definition]]:
    """Return the rules that are on, as ``evaluation`` takes them: one statement, and none of the text of others."""
    mailbox.require(Right.READ)
    rows = _rows(mailbox).filter(is_on=True).only("pk", "definition")
    return [(row.pk, _definition(mailbox.keys, row)) for row in rows]


def get(mailbox: OpenMailbox, rule_id: UUID) -> OpenedRule:
    """Raises NotFound for one that is not of this mailbox."""
    mailbox.require(Right.READ)
    row = _rows(mailbox).filter(pk=rule_id).first()
    if row is None:
        raise NotFound
    return _opened(mailbox.keys, row)


def create(
    mailbox: OpenMailbox,
    definition: Definition,
    *,
    is_on: bool = True,
    rule_id: UUID | None = None,
    place: int | None = None,
) -> OpenedRule:
    """Add a rule, at the end or at ``place`` (0 is the first).

    Args:
        rule_id: Of one that was deleted and comes back.

    Raises:
        Forbidden: The actor may not change what this mailbox keeps.
        Invalid: The rule cannot be used; ``details["field"]`` says where.
        LimitExceeded: There are ``MOST_RULES`` already.
    """
    return create_all(mailbox, [definition], is_on=is_on, first_id=rule_id, place=place)[0]


def create_all(
    mailbox: OpenMailbox,
    wanted: Iterable[Definition],
    *,
    is_on: bool = True,
    first_id: UUID | None = None,
    place: int | None = None,
) -> list[OpenedRule]:
    """Add several rules in their order, all or none; raises like ``create``."""
    mailbox.require(Right.WRITE)
    usable = [checked(mailbox, definition) for definition in wanted]
    with transaction.atomic():
        order = _locked_order(mailbox)
        if len(order) + len(usable) > MOST_RULES:
            raise LimitExceeded(
                _("You have %(count)d rules, and there can be no more. Delete one first.") % {"count": len(order)}
            )
        rows = []
        for number, definition in enumerate(usable):
            row = Rule(pk=(first_id if number == 0 else None) or uuid.uuid4(), mailbox=mailbox.mailbox, is_on=is_on)
            row.position = len(order) + number
            row.definition = _sealed(mailbox.keys, row.pk, definition)
            rows.append(row)
        Rule.objects.bulk_create(rows)
        if place is not None:
            _write_order([*order[:place], *(row.pk for row in rows), *order[place:]])
        for row, definition in zip(rows, usable, strict=True):
            _ensure_categories(mailbox, definition)
            _record(mailbox, "rule.create", row.pk, definition)
    return [_opened(mailbox.keys, row) for row in rows]


def change(mailbox: OpenMailbox, rule_id: UUID, definition: Definition) -> OpenedRule:
    """Let a rule say something else; what troubled it is forgotten. Raises Forbidden, NotFound, Invalid."""
    mailbox.require(Right.WRITE)
    definition = checked(mailbox, definition)
    with transaction.atomic():
        changed = _rows(mailbox).filter(pk=rule_id)
        if not changed.update(definition=_sealed(mailbox.keys, rule_id, definition), **_NO_PROBLEM):
            raise NotFound
        _ensure_categories(mailbox, definition)
        _record(mailbox, "rule.change", rule_id, definition)
    return get(mailbox, rule_id)


def switch(mailbox: OpenMailbox, rule_id: UUID, is_on: bool) -> OpenedRule:
    """Switch a rule on or off. Raises Forbidden, NotFound."""
    mailbox.require(Right.WRITE)
    rule = get(mailbox, rule_id)
    with transaction.atomic():
        if not _rows(mailbox).filter(pk=rule_id).update(is_on=is_on, **(_NO_PROBLEM if is_on else {})):
            raise NotFound
        _record(mailbox, "rule.switch", rule_id, rule.definition, is_on=is_on)
    return get(mailbox, rule_id)


def shift(mailbox: OpenMailbox, rule_id: UUID, by: int) -> bool:
    """Let a rule be tried earlier (-1) or later (1); False when it is the first or last. Raises Forbidden, NotFound."""
    mailbox.require(Right.WRITE)
    with transaction.atomic():
        order = _locked_order(mailbox)
        if rule_id not in order:
            raise NotFound
        place = order.index(rule_id)
        target = min(max(place + by, 0), len(order) - 1)
        if target == place:
            return False
        order.insert(target, order.pop(place))
        _write_order(order)
    return True


def delete(mailbox: OpenMailbox, rule_id: UUID) -> tuple[OpenedRule, int]:
    """Forget a rule; returns it and its place, for who wants it back. Raises Forbidden, NotFound."""
    mailbox.require(Right.WRITE)
    rule = get(mailbox, rule_id)
    with transaction.atomic():
        order = _locked_order(mailbox)
        if rule_id not in order:
            raise NotFound
        _rows(mailbox).filter(pk=rule_id).delete()
        _record(mailbox, "rule.delete", rule_id, rule.definition)
    return rule, order.index(rule_id)


def note_problem(rule_id: UUID, problem: str) -> None:
    """Remember what a rule could not do, inside the caller's transaction; its owner is told, once a day at most."""
    now = timezone.now()
    known = Q(problem=problem, problem_at__gt=now - TOLD_AGAIN_AFTER)
    Rule.objects.filter(pk=rule_id).exclude(known).update(problem=problem, problem_at=now, is_owner_told=False)


def _ensure_categories(mailbox: OpenMailbox, definition: Definition) -> None:
    """What a rule gives to messages is seen on them: it has a name and a colour."""
    for action in definition.of_kind(Kind.CATEGORIZE):
        categories.ensure(mailbox, action.keyword)


_NO_PROBLEM = {"problem": "", "problem_at": None, "is_owner_told": True}


def _rows(mailbox: OpenMailbox):
    return Rule.objects.filter(mailbox=mailbox.mailbox).order_by("position", "pk")


def _locked_order(mailbox: OpenMailbox) -> list[UUID]:
    """Return the ids in order. Whoever else changes it waits, and whoever adds is counted."""
    Mailbox.objects.select_for_update().only("pk").get(pk=mailbox.mailbox.pk)
    return list(_rows(mailbox).values_list("pk", flat=True))


def _write_order(order: list[UUID]) -> None:
    Rule.objects.bulk_update([Rule(pk=pk, position=place) for place, pk in enumerate(order)], ["position"])


def _record(mailbox: OpenMailbox, action: str, rule_id: UUID, definition: Definition, **details: object) -> None:
    """Where mail goes by itself is what an administrator asks; what a rule looks for is the person's own business."""
    if addresses := definition.passes_on_to:
        details["passes_on_to"] = addresses
    audit.record(mailbox.actor, action, rule_id, organization_id=mailbox.mailbox.organization_id, **details)


def _sealed(keys: MailboxKeys, rule_id: UUID, definition: Definition) -> bytes:
    return keys.seal(definitions.dump(definition), b"rule " + rule_id.bytes)


def _definition(keys: MailboxKeys, row: Rule) -> Definition:
    return definitions.load(keys.unseal(bytes(row.definition), b"rule " + row.pk.bytes))


def _opened(keys: MailboxKeys, row: Rule) -> OpenedRule:
    return OpenedRule(row.pk, row.is_on, _definition(keys, row), row.problem, row.problem_at)
