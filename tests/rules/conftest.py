"""An organization whose people have rules, and short ways to write them."""

from typing import Any

import pytest

from mailapp.rules.definition import Action, Condition, Definition, Kind, Match, Operator, Subject
from tests.delivery.conftest import House, _nothing_at_hand, house, make_sink, name_server, quiet, sink  # noqa: F401


@pytest.fixture
def alice(house: House) -> Any:  # noqa: F811
    return house.alice


def rule(*actions: Action | Kind, **fields: Any) -> Definition:
    """Return a rule for every message, or for those that ``fields`` tell: ``subject="x"`` is "contains x"."""
    match = fields.pop("match", Match.ALL)
    exceptions = tuple(fields.pop("exceptions", ()))
    conditions = [
        Condition(Subject(name.rstrip("_")), Operator.CONTAINS, (value,) if isinstance(value, str) else tuple(value))
        for name, value in fields.items()
    ]
    done = tuple(action if isinstance(action, Action) else Action(action) for action in actions)
    return Definition(match if conditions else Match.EVERY, tuple(conditions), exceptions, done)
