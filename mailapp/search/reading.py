"""Looking for phrases in decrypted messages."""

import logging
import re
from dataclasses import dataclass
from functools import lru_cache

from mailapp.access import OpenMailbox
from mailapp.mime import contents as mime_contents
from mailapp.search.terms import MOST_FILES, MOST_PEOPLE, Field, Searchable, searched_text
from mailapp.search.tree import Phrase
from mailapp.search.words import fold, words
from mailapp.store import contents, queries, summaries
from mailapp.store.models import Message
from mailapp.store.summaries import Summary
from workmail.keys.envelope import Unreadable

logger = logging.getLogger(__name__)


def header_of(summary: Summary) -> Searchable:
    """Return what is searched of a message as far as its summary knows: all but the text and the size."""
    return Searchable(
        subject=summary.subject,
        from_=tuple(dict.fromkeys((*summary.from_[:MOST_PEOPLE], *summary.sender[:MOST_PEOPLE]))),
        to=summary.to[:MOST_PEOPLE],
        cc=summary.cc[:MOST_PEOPLE],
        bcc=summary.bcc[:MOST_PEOPLE],
        file_names=tuple(part.file_name for part in summary.attachments[:MOST_FILES] if part.file_name),
        has_attachment=bool(summary.attachments),
    )


class Reader:
    """Decrypts messages of one mailbox for one query; keeps the last one, for queries with several phrases."""

    def __init__(self, mailbox: OpenMailbox) -> None:
        self._mailbox = mailbox
        self._message_id: int | None = None
        self._header = Searchable()
        self._text: str | None = None

    def has_phrase(self, message: Message, phrase: Phrase) -> bool:
        """Say whether the words of the phrase follow each other in one text of its field.

        The summary answers for the header; only if that has none, the content is read.
        ``message.content`` should come with the row (``select_related``).
        """
        self._open(message)
        finder = Finder.of(phrase.text)
        if any(map(finder.is_in, self._header.texts(phrase.field))):
            return True
        return phrase.field is Field.ANYWHERE and finder.is_in(self._read_text(message))

    def _open(self, message: Message) -> None:
        if message.pk == self._message_id:
            return
        self._message_id, self._text = message.pk, None
        self._header = header_of(summaries.unseal(self._mailbox.keys, message))

    def _read_text(self, message: Message) -> str:
        if self._text is None:
            try:
                raw = contents.read(message.content, queries.content_key(self._mailbox, message))
                found = mime_contents.read(raw)  # without what a whole parse makes of the header: twice as fast
                self._text = searched_text(found.text, found.html)
            except (FileNotFoundError, Unreadable):
                logger.exception("The content of message %s cannot be read.", message.pk)
                self._text = ""
        return self._text


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds words that follow each other.

    ``hint`` is a pattern that the folded text must have for that. Cutting a text into words takes ten times as long as
    looking for the pattern, and most candidates have the words, but not in this order.
    """

    wanted: str
    hint: re.Pattern[str] | None

    @classmethod
    @lru_cache(maxsize=128)
    def of(cls, phrase: str) -> "Finder":
        wanted = words(phrase)
        is_simple = all(map(_SIMPLE_WORD.fullmatch, wanted))
        return cls(f" {' '.join(wanted)} ", re.compile(_BETWEEN.join(wanted)) if is_simple else None)

    def is_in(self, text: str) -> bool:
        if self.hint is not None and not self.hint.search(fold(text)):
            return False
        return self.wanted in f" {' '.join(words(text))} "


# What is not cut off (``LONGEST_WORD``) and does not overlap with the next (pairs of characters).
_SIMPLE_WORD = re.compile("[a-z0-9\u0400-\u04ff]{1,50}")
# Between two words may stand what is no word, "'s", and elided words such as "l'".
_BETWEEN = r"(?:'s)?[\W_]*+(?:[^\W\d_]{1,6}'[\W_]*+){0,30}"
