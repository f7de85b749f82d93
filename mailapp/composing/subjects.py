"""Subjects of answers and forwards. Pure."""

import re
from typing import Final

# What programs put in front, in the languages mail comes in; a number may follow, as in "Re[2]:".
_ANSWER: Final = re.compile(
    r"\s*(?:re|aw|antw|sv|vs|rif|odp|ref|rép|отв|ответ)(?:\[\d{1,3}\])?\s*[:：]\s*", re.IGNORECASE
)
_FORWARD: Final = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|vb|doorst|пер|пересл)(?:\[\d{1,3}\])?\s*[:：]\s*", re.IGNORECASE)


def answer(subject: str) -> str:
    """Return ``Re: …``, once: an answer to an answer has the same subject. What was forwarded stays so."""
    return f"Re: {_without(_ANSWER, subject)}".rstrip()


def forward(subject: str) -> str:
    return f"Fwd: {_without(_FORWARD, subject)}".rstrip()


def _without(prefix: re.Pattern[str], subject: str) -> str:
    subject = " ".join(subject.split())
    while found := prefix.match(subject):
        subject = subject[found.end() :]
    return subject
