"""What could not be understood in a query, in words for the person. A query with problems is still carried out."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Problem:
    """``code`` is stable; ``text`` is a sentence in the active language."""

    code: str
    parameters: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def text(self) -> str:
        return _sentence(self.code) % self.parameters

    def __str__(self) -> str:
        return self.text


def _sentence(code: str) -> str:
    match code:
        case "unknown_value":
            return _("“%(value)s” does not go with “%(operator)s:”, so it was searched for as words.")
        case "missing_value":
            return _("Nothing follows “%(operator)s:”.")
        case "unclosed_quote":
            return _("A quotation mark is not closed, so the phrase goes to the end.")
        case "unbalanced_parentheses":
            return _("The parentheses do not match; those without a partner were ignored.")
        case "too_deep":
            return _("There are too many parentheses inside each other; the innermost were ignored.")
        case "too_many":
            return _("There are too many conditions; only the first %(count)s were used.")
        case "too_long":
            return _("The search is too long; only its first %(count)s characters were used.")
        case "unknown_folder":
            return _("There is no folder named “%(name)s”.")
    return _("Part of the search could not be understood.")
