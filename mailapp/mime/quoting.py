"""Where the old part of a conversation begins in a text, and text whose lines flow (RFC 3676)."""

import re
from typing import Final

_DEPTH: Final = re.compile(r"(?:> ?)+")
_MOST_DEPTH: Final = 50

# "On Monday Bob wrote:" in the languages mail comes in; the line ends with a colon in all of them.
WROTE: Final = re.compile(
    r"\b(?:wrote|writes|schrieb|a écrit|écrit|escribió|ha scritto|schreef|skrev|napisał(?:\(a\))?|napsal(?:\(a\))?"
    r"|пишет|писал\(?а?\)?|написал\(?а?\)?|написав\(?ла\)?|kirjoitti|escreveu|yazdı|írta|a scris)\b"
    r"|写道|寫道|のメール|書きました|님이 작성",
    re.IGNORECASE,
)
_SEPARATOR: Final = re.compile(
    r"\s*-{3,}\s*(?:Original[ -]?(?:Message|Appointment|Nachricht)|Message d.origine|Ursprüngliche Nachricht"
    r"|Исходное сообщение|Mensaje original|Messaggio originale|Oorspronkelijk bericht|Mensagem original)\s*-{3,}\s*",
    re.IGNORECASE,
)
_HEADER_BEGIN: Final = re.compile(r"\s*\*?(?:From|De|Von|Da|Van|От|Från|Fra)\s?:\*?\s+\S.*", re.IGNORECASE)
_HEADER_FIELD: Final = re.compile(
    r"\s*\*?(?:Subject|Objet|Betreff|Asunto|Oggetto|Onderwerp|Тема|Ämne|Emne|Sent|Envoyé|Gesendet|Date|Дата"
    r"|Отправлено|To|À|An|Para|Кому|Cc|Копия)\s?:\*?(?:\s.*)?",
    re.IGNORECASE,
)
_LONGEST_ATTRIBUTION: Final = 400


def unflow(text: str, *, delsp: bool = False) -> str:
    """Return the text with flowed lines joined; quoted lines begin with ``> `` once per level."""
    paragraphs: list[str] = []
    open_depth = -1  # depth of the paragraph that goes on
    for line in text.split("\n"):
        stripped = line.lstrip(">")
        depth = min(len(line) - len(stripped), _MOST_DEPTH)
        stripped = stripped.removeprefix(" ")
        is_flowed = stripped.endswith(" ") and stripped != "-- "
        if open_depth == depth and stripped != "-- ":
            paragraphs[-1] += stripped
        else:
            if open_depth >= 0:
                paragraphs[-1] = paragraphs[-1].rstrip(" ")
            paragraphs.append("> " * depth + stripped)
        if is_flowed and delsp:
            paragraphs[-1] = paragraphs[-1][:-1]
        open_depth = depth if is_flowed else -1
    return "\n".join(paragraphs)


def depth_of(line: str) -> tuple[int, str]:
    """Return how often a line is quoted, and the line without its marks."""
    if not line.startswith(">"):
        return 0, line
    marks = _DEPTH.match(line)
    assert marks
    return marks.group().count(">"), line[marks.end() :]


def split_quoted(text: str) -> tuple[str, str]:
    """Return what is new in a text and the conversation quoted below it.

    Only what stands at the end counts: answers between quoted lines are not torn apart. A text that only quotes is
    all new, since there would be nothing left to read.
    """
    lines = text.split("\n")
    begin = min(_quoted_tail(lines), _separated_tail(lines))
    if begin >= len(lines) or not any(line.strip() for line in lines[:begin]):
        return text, ""
    return "\n".join(lines[:begin]).rstrip(), "\n".join(lines[begin:])


def _quoted_tail(lines: list[str]) -> int:
    """Return where a block of quoted lines that reaches to the end begins, with the sentence above it."""
    begin = len(lines)
    while begin and (lines[begin - 1].startswith(">") or not lines[begin - 1].strip()):
        begin -= 1
    while begin < len(lines) and not lines[begin].strip():
        begin += 1
    if begin == len(lines):
        return begin
    above = begin - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    if above >= 0 and begin - above <= 2 and lines[above].rstrip().endswith((":", "：")):
        sentence = lines[above]
        for first in range(above, max(-1, above - 3), -1):
            if first < above:
                if not lines[first].strip():
                    break
                sentence = f"{lines[first]} {sentence}"
            if len(sentence) <= _LONGEST_ATTRIBUTION and WROTE.search(sentence):
                while (
                    first > 0 and lines[first - 1].strip() and re.match(r"\s*(?:On|Le|Am|El|Il|Op)\b", lines[first - 1])
                ):
                    first -= 1
                return first
    return begin


def _separated_tail(lines: list[str]) -> int:
    """Return where a line such as "-----Original Message-----", or a copied header, begins the old messages."""
    for number, line in enumerate(lines):
        if len(line) > _LONGEST_ATTRIBUTION or not line.strip():
            continue
        if _SEPARATOR.fullmatch(line):
            return number
        if _HEADER_BEGIN.fullmatch(line) and (number == 0 or not lines[number - 1].strip(" _")):
            following = [other for other in lines[number + 1 : number + 8] if _HEADER_FIELD.fullmatch(other[:1000])]
            if len(following) >= 2:
                return number - 1 if number and lines[number - 1].strip() else number
    return len(lines)
