"""Looking for phrases in decrypted messages."""

import logging

from mailapp.access import OpenMailbox
from mailapp.mime.parse import parse
from mailapp.search.terms import MOST_FILES, MOST_PEOPLE, Field, Searchable, searched_text
from mailapp.search.tree import Phrase
from mailapp.search.words import words
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
        wanted = words(phrase.text)
        if any(contains(text, wanted) for text in self._header.texts(phrase.field)):
            return True
        return phrase.field is Field.ANYWHERE and contains(self._read_text(message), wanted)

    def _open(self, message: Message) -> None:
        if message.pk == self._message_id:
            return
        self._message_id, self._text = message.pk, None
        self._header = header_of(summaries.unseal(self._mailbox.keys, message))

    def _read_text(self, message: Message) -> str:
        if self._text is None:
            try:
                raw = contents.read(message.content, queries.content_key(self._mailbox, message))
                self._text = searched_text(parse(raw))
            except (FileNotFoundError, Unreadable):
                logger.exception("The content of message %s cannot be read.", message.pk)
                self._text = ""
        return self._text


def contains(text: str, wanted: list[str]) -> bool:
    """Say whether the words follow each other in the text."""
    return f" {' '.join(wanted)} " in f" {' '.join(words(text))} "
