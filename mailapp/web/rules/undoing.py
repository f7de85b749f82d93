"""Taking a change of rules back: signed steps, in which whatever somebody wrote is sealed."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox
from mailapp.rules import definition as definitions
from mailapp.rules import operations
from mailapp.rules.definition import Definition
from workmail.errors import Invalid, NotFound, Stale

_SALT = "rules.undo"
_VALID_FOR = timedelta(days=1)


def address_of(mailbox: OpenMailbox, do: str, rule_id: UUID, **values: Any) -> str:
    """Return where a POST takes it back."""
    step = {"mailbox": mailbox.mailbox.pk.hex, "do": do, "rule": rule_id.hex, **values}
    return f"{reverse('mail:rules_undo')}?{urlencode({'undo': signing.dumps(step, salt=_SALT, compress=True)})}"


def sealed(mailbox: OpenMailbox, definition: Definition) -> str:
    return mailbox.keys.seal(definitions.dump(definition), b"undo rule").hex()


def undo(mailbox: OpenMailbox, token: str) -> UUID:
    """Take it back; returns the rule. Raises Invalid, Stale."""
    try:
        step = signing.loads(token, salt=_SALT, max_age=_VALID_FOR)
    except signing.BadSignature as error:
        raise Invalid(_("This can no longer be undone.")) from error
    if step["mailbox"] != mailbox.mailbox.pk.hex:
        raise Invalid(_("This can no longer be undone."))
    rule_id = UUID(hex=step["rule"])
    try:
        _STEPS[step["do"]](mailbox, rule_id, step)
    except NotFound as error:
        raise Stale(_("This can no longer be undone: it was changed again meanwhile.")) from error
    return rule_id


def _remove(mailbox: OpenMailbox, rule_id: UUID, step: dict[str, Any]) -> None:
    operations.delete(mailbox, rule_id)


def _restore(mailbox: OpenMailbox, rule_id: UUID, step: dict[str, Any]) -> None:
    if any(rule.id == rule_id for rule in operations.listed(mailbox)):
        raise Stale(_("This can no longer be undone: it was changed again meanwhile."))
    operations.create(
        mailbox, _unsealed(mailbox, step), is_on=bool(step["is_on"]), rule_id=rule_id, place=int(step["place"])
    )


def _change(mailbox: OpenMailbox, rule_id: UUID, step: dict[str, Any]) -> None:
    operations.change(mailbox, rule_id, _unsealed(mailbox, step))


def _switch(mailbox: OpenMailbox, rule_id: UUID, step: dict[str, Any]) -> None:
    operations.switch(mailbox, rule_id, bool(step["is_on"]))


def _shift(mailbox: OpenMailbox, rule_id: UUID, step: dict[str, Any]) -> None:
    operations.shift(mailbox, rule_id, int(step["by"]))


_STEPS = {"remove": _remove, "restore": _restore, "change": _change, "switch": _switch, "shift": _shift}


def _unsealed(mailbox: OpenMailbox, step: dict[str, Any]) -> Definition:
    return definitions.load(mailbox.keys.unseal(bytes.fromhex(step["definition"]), b"undo rule"))
