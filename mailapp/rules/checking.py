"""What a rule may say. Refuses in whole sentences; ``details["field"]`` names the control of the form."""

import re
from dataclasses import replace
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp.access import OpenMailbox
from mailapp.categories import keywords
from mailapp.mime.addresses import is_valid_addr_spec
from mailapp.rules.definition import (
    IMPORTANCES,
    OPERATORS,
    PASSING_ON,
    Action,
    Condition,
    Definition,
    Kind,
    Match,
    Subject,
)
from mailapp.store.models import Folder
from workmail.directory.addresses import fold
from workmail.directory.models import Address
from workmail.errors import Invalid

MOST_CONDITIONS = 20
MOST_VALUES = 50
LONGEST_VALUE = 500
MOST_ADDRESSES = 5
LARGEST_SIZE = 10_000_000_000
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")
# Nothing is filed among what one is writing or has sent.
NO_TARGETS = (Folder.Role.DRAFTS, Folder.Role.SENT)


def checked(mailbox: OpenMailbox, definition: Definition) -> Definition:
    """Return the definition as it is kept. Raises Invalid."""
    conditions = () if definition.match is Match.EVERY else definition.conditions
    if definition.match is not Match.EVERY and not conditions:
        raise Invalid(
            _("Say which messages the rule is for: add a condition, or choose every message."), field="conditions"
        )
    for named, group in (("conditions", conditions), ("exceptions", definition.exceptions)):
        if len(group) > MOST_CONDITIONS:
            raise Invalid(
                ngettext(
                    "A rule can have at most %(count)d condition.",
                    "A rule can have at most %(count)d conditions.",
                    MOST_CONDITIONS,
                )
                % {"count": MOST_CONDITIONS},
                field=named,
            )
    asked = tuple(_condition(condition, f"condition-{n}") for n, condition in enumerate(conditions))
    excepted = tuple(_condition(condition, f"exception-{n}") for n, condition in enumerate(definition.exceptions))
    actions = tuple(_action(mailbox, action) for action in definition.actions)
    if not actions:
        raise Invalid(_("Say what the rule does with the messages."), field="actions")
    if sum(action.kind in (Kind.MOVE, Kind.DELETE) for action in actions) > 1:
        raise Invalid(_("A message can be moved to one folder only. Copy it to the others."), field="filing")
    return replace(definition, conditions=asked, exceptions=excepted, actions=actions)


def _condition(condition: Condition, field: str) -> Condition:
    if condition.operator not in OPERATORS[condition.subject]:
        raise Invalid(_("Choose one of the comparisons offered."), field=field)
    header = ""
    if condition.subject is Subject.HEADER:
        header = condition.header.strip().rstrip(":")
        if not _FIELD_NAME.fullmatch(header):
            raise Invalid(_("Write the name of a header field, such as X-Priority."), field=field)
    if not condition.needs_value:
        return Condition(condition.subject, condition.operator, (), header)
    values = tuple(dict.fromkeys(value for raw in condition.values if (value := " ".join(raw.split()))))
    if not values:
        raise Invalid(_("Write what to look for."), field=field)
    if len(values) > MOST_VALUES or any(len(value) > LONGEST_VALUE or "\0" in value for value in values):
        raise Invalid(_("This is too long. Look for fewer or shorter words."), field=field)
    if condition.subject is Subject.SIZE and not (
        len(values) == 1 and values[0].isascii() and values[0].isdigit() and 0 < int(values[0]) <= LARGEST_SIZE
    ):
        raise Invalid(_("Write the size as a number of megabytes."), field=field)
    if condition.subject is Subject.IMPORTANCE and not set(values) <= set(IMPORTANCES):
        raise Invalid(_("Choose one of the values offered."), field=field)
    return Condition(condition.subject, condition.operator, values, header)


def _action(mailbox: OpenMailbox, action: Action) -> Action:
    if action.kind in (Kind.MOVE, Kind.COPY):
        folder = _folder(mailbox, action.folder)
        if folder is None or folder.role in NO_TARGETS:
            raise Invalid(_("Choose a folder."), field=str(action.kind))
        return Action(action.kind, folder=folder.pk.hex)
    if action.kind is Kind.CATEGORIZE:
        name = " ".join(keywords.name_of(action.keyword).split())
        is_usable = name and len(name) <= keywords.LONGEST_NAME and name.isprintable() and name[0] not in "$\\"
        if not is_usable:
            raise Invalid(
                _("Give the category a name of at most %(count)d characters.") % {"count": keywords.LONGEST_NAME},
                field="categorize",
            )
        return Action(action.kind, keyword=keywords.keyword_of(name))
    if action.kind in PASSING_ON:
        return Action(action.kind, addresses=_addresses(mailbox, action))
    return Action(action.kind)


def _addresses(mailbox: OpenMailbox, action: Action) -> tuple[str, ...]:
    field = str(action.kind)
    found = {fold(address): address.strip() for address in action.addresses if address.strip()}
    if not found or len(found) > MOST_ADDRESSES:
        raise Invalid(
            # Translators: the number is 5
            _("Write at least one address, and at most %(count)d.") % {"count": MOST_ADDRESSES},
            field=field,
        )
    for address in found.values():
        if not is_valid_addr_spec(address):
            raise Invalid(_("“%(address)s” is no address.") % {"address": address[:100]}, field=field)
    if own := set(own_addresses(mailbox)).intersection(found):
        raise Invalid(
            _("“%(address)s” is your own address: the message would come back to you.") % {"address": own.pop()},
            field=field,
        )
    return tuple(found.values())


def own_addresses(mailbox: OpenMailbox) -> list[str]:
    """Return the mailbox's addresses, folded."""
    rows = Address.objects.filter(entity_id=mailbox.mailbox.entity_id).select_related("domain")
    return [fold(address.addr_spec) for address in rows]


def _folder(mailbox: OpenMailbox, folder_id: str) -> Folder | None:
    try:
        return Folder.objects.filter(pk=UUID(hex=folder_id), mailbox=mailbox.mailbox).first()
    except ValueError:
        return None
