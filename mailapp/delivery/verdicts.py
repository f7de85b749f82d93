"""What a stage of the pipeline decides. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    DONE = "done"  # nothing is left to do for this message
    DROPPED = "dropped"  # taken off without a word: a virus, a loop
    DEFERRED = "deferred"  # again later, from the first stage
    REFUSED = "refused"  # before acceptance: the reply in the SMTP session; afterwards: reported if that is safe


@dataclass(frozen=True, slots=True)
class Verdict:
    kind: Kind
    enhanced_status_code: str = ""  # RFC 3463
    text: str = ""  # for the other server's log and the administrator's trace: English, no secrets
    details: dict[str, object] = field(default_factory=dict, compare=False)

    @classmethod
    def refuse(cls, enhanced_status_code: str, text: str) -> "Verdict":
        """Refuse: for good with 5.x.x, for now with 4.x.x."""
        return cls(Kind.REFUSED, enhanced_status_code, text)

    @classmethod
    def defer(cls, enhanced_status_code: str, text: str) -> "Verdict":
        return cls(Kind.DEFERRED, enhanced_status_code, text)

    @classmethod
    def drop(cls, text: str) -> "Verdict":
        return cls(Kind.DROPPED, "", text)


DONE = Verdict(Kind.DONE)
