"""A rule as one sentence, in the active language."""

from collections.abc import Mapping, Sequence

from babel.lists import format_list
from django.utils.translation import get_language, pgettext, to_locale
from django.utils.translation import gettext as _

from mailapp.categories import keywords
from mailapp.rules.definition import Action, Condition, Definition, Kind, Match, Operator, Subject
from mailapp.rules.models import Rule
from workmail.ui import formats

_MOST_NAMED = 5


def of_definition(definition: Definition, folder_names: Mapping[str, str]) -> str:
    """Say the rule.

    Args:
        folder_names: By the hexadecimal digits of their ids; what is missing there is gone. Categories that have
            another name than their keyword stand there too, by ``category_key``.
    """
    parts = {
        "actions": _listed([_action(action, folder_names) for action in definition.actions]),
        "conditions": _listed(
            [_condition(condition) for condition in definition.conditions],
            "or" if definition.match is Match.ANY else "standard",
        ),
        "exceptions": _listed([_condition(condition) for condition in definition.exceptions], "or"),
    }
    if definition.match is Match.EVERY or not definition.conditions:
        if definition.exceptions:
            # Translators: a mail rule; {exceptions} are conditions such as “the subject contains …”
            return _("With every message, except if {exceptions}: {actions}.").format(**parts)
        # Translators: a mail rule; {actions} are verbs such as “move to Projects”
        return _("With every message: {actions}.").format(**parts)
    if definition.exceptions:
        return _("If {conditions}, except if {exceptions}: {actions}.").format(**parts)
    # Translators: a mail rule, such as “If the sender contains “carrier”, move to Projects.”
    return _("If {conditions}, {actions}.").format(**parts)


def category_key(keyword: str) -> str:
    return f"category {keyword.lower()}"


def of_problem(problem: str) -> str:
    """Say what a rule could not do, and what to do about it."""
    sentences = {
        Rule.Problem.FOLDER_GONE: _(
            "Its folder was deleted, so the mail is in the inbox. Change the rule and choose another folder."
        ),
        Rule.Problem.FULL: _("A copy found no room: the mailbox is full. Delete messages to make room."),
        Rule.Problem.LIMIT: _(
            "A message was not passed on, because the day’s limit on recipients elsewhere was reached. It is in your "
            "mailbox."
        ),
        Rule.Problem.TOO_BIG: _("A message was too big to be forwarded. It is in your mailbox."),
    }
    return sentences.get(Rule.Problem(problem), "")


def _listed(items: Sequence[str], style: str = "standard") -> str:
    return format_list(list(items), style=style, locale=to_locale(get_language() or "en"))


def _values(condition: Condition) -> str:
    values = condition.values
    if condition.subject is Subject.SIZE:
        return formats.file_size(int(values[0]))
    if condition.subject is Subject.IMPORTANCE:
        values = tuple(str(importance_labels()[value]) for value in values)
        return _listed(values, "or")
    # Translators: quotation marks around what was typed into a rule
    quoted = [pgettext("typed into a rule", "“{text}”").format(text=value) for value in values[:_MOST_NAMED]]
    if len(values) > _MOST_NAMED:
        quoted.append("…")
    return _listed(quoted, "or")


def importance_labels() -> dict[str, str]:
    return {
        "high": pgettext("importance of a message", "high"),
        "normal": pgettext("importance of a message", "normal"),
        "low": pgettext("importance of a message", "low"),
    }


def _condition(condition: Condition) -> str:
    subject, operator = condition.subject, condition.operator
    values = _values(condition) if condition.needs_value else ""
    sentences = {
        (Subject.FROM, Operator.CONTAINS): pgettext("condition of a rule", "the sender contains {values}"),
        (Subject.FROM, Operator.IS): pgettext("condition of a rule", "the sender is {values}"),
        (Subject.TO, Operator.CONTAINS): pgettext("condition of a rule", "To contains {values}"),
        (Subject.TO, Operator.IS): pgettext("condition of a rule", "To has {values}"),
        (Subject.CC, Operator.CONTAINS): pgettext("condition of a rule", "Cc contains {values}"),
        (Subject.CC, Operator.IS): pgettext("condition of a rule", "Cc has {values}"),
        (Subject.RECIPIENT, Operator.CONTAINS): pgettext("condition of a rule", "To or Cc contains {values}"),
        (Subject.RECIPIENT, Operator.IS): pgettext("condition of a rule", "To or Cc has {values}"),
        (Subject.SUBJECT, Operator.CONTAINS): pgettext("condition of a rule", "the subject contains {values}"),
        (Subject.SUBJECT, Operator.IS): pgettext("condition of a rule", "the subject is {values}"),
        (Subject.SUBJECT, Operator.BEGINS): pgettext("condition of a rule", "the subject begins with {values}"),
        (Subject.BODY, Operator.CONTAINS): pgettext("condition of a rule", "the text contains {values}"),
        (Subject.HEADER, Operator.CONTAINS): pgettext("condition of a rule", "the field {header} contains {values}"),
        (Subject.HEADER, Operator.IS): pgettext("condition of a rule", "the field {header} is {values}"),
        (Subject.HEADER, Operator.EXISTS): pgettext("condition of a rule", "there is a field {header}"),
        (Subject.ATTACHMENT, Operator.NONE): pgettext("condition of a rule", "there is an attachment"),
        (Subject.SIZE, Operator.LARGER): pgettext("condition of a rule", "the message is larger than {values}"),
        (Subject.SIZE, Operator.SMALLER): pgettext("condition of a rule", "the message is smaller than {values}"),
        (Subject.IMPORTANCE, Operator.IS): pgettext("condition of a rule", "the importance is {values}"),
        (Subject.ONLY_ME, Operator.NONE): pgettext("condition of a rule", "it is addressed to me only"),
        (Subject.ME_IN_CC, Operator.NONE): pgettext("condition of a rule", "I am in Cc"),
        (Subject.LIST, Operator.EXISTS): pgettext("condition of a rule", "it comes from a mailing list"),
        (Subject.LIST, Operator.CONTAINS): pgettext("condition of a rule", "the mailing list contains {values}"),
    }
    return sentences[subject, operator].format(values=values, header=condition.header)


def _action(action: Action, folder_names: Mapping[str, str]) -> str:
    values = {
        "folder": folder_names.get(action.folder) or pgettext("in a rule", "a folder that was deleted"),
        "category": folder_names.get(category_key(action.keyword)) or keywords.name_of(action.keyword),
        "addresses": _listed(action.addresses),
    }
    sentences = {
        Kind.MOVE: pgettext("action of a rule", "move to {folder}"),
        Kind.COPY: pgettext("action of a rule", "copy to {folder}"),
        Kind.READ: pgettext("action of a rule", "mark as read"),
        Kind.FLAG: pgettext("action of a rule", "flag"),
        Kind.CATEGORIZE: pgettext("action of a rule", "give the category {category}"),
        Kind.FORWARD: pgettext("action of a rule", "forward to {addresses}"),
        Kind.REDIRECT: pgettext("action of a rule", "redirect to {addresses}"),
        Kind.DELETE: pgettext("action of a rule", "move to Deleted"),
        Kind.STOP: pgettext("action of a rule", "try no more rules"),
    }
    return sentences[action.kind].format(**values)
