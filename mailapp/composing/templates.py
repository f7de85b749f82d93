"""Templates: texts one writes again and again, kept sealed under a name."""

from dataclasses import asdict, dataclass, replace
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox
from mailapp.composing import building, kept, signatures
from mailapp.composing.models import Template
from mailapp.composing.state import Fields, has_content
from mailapp.mime import sanitize
from mailapp.mime.plain_text import text_to_html
from workmail.errors import Invalid

LONGEST: Final = 200_000


@dataclass(frozen=True, slots=True)
class Text:
    """A template, readable: its text in both formats."""

    id: UUID
    name: str
    subject: str
    html: str

    @property
    def text(self) -> str:
        return building.text_of(self.html).strip("\n")


def listed(mailbox: OpenMailbox) -> list[Text]:
    """Return all of the mailbox's, by name: one statement."""
    found = (_opened(mailbox, row) for row in kept.rows(Template, mailbox))
    return sorted(found, key=lambda template: (template.name.casefold(), template.id))


def get(mailbox: OpenMailbox, template_id: UUID) -> Text:
    """Raises NotFound for one that is not of this mailbox."""
    return _opened(mailbox, kept.row(Template, mailbox, template_id))


def save(mailbox: OpenMailbox, name: str, fields: Fields) -> Text:
    """Keep what somebody has written as a template, without the signature and the pictures in the text.

    Raises:
        Invalid: No name, nothing written, or too much.
        Forbidden, LimitExceeded: See ``kept.save``.
    """
    name, fields = kept.clean_name(name), fields.cleaned()
    signed = signatures.named(mailbox, fields.signature) if fields.signature else None
    fields = signatures.exchange(fields, signed, None) if signed else fields
    html = _html_of(fields.text) if fields.is_plain else sanitize.sanitize_for_editor(fields.html, inline={})
    if not has_content(html) and not fields.subject:
        raise Invalid(_("Write something first."), field="text")
    if len(html) > LONGEST:
        raise Invalid(_("This text is too long for a template."), field="text")
    template = Text(UUID(int=0), name, fields.subject, html)
    values = {key: value for key, value in asdict(template).items() if key != "id"}
    return replace(template, id=kept.save(Template, mailbox, values))


def rename(mailbox: OpenMailbox, template_id: UUID, name: str) -> Text:
    """Give it another name. Raises NotFound, Invalid, Forbidden."""
    template = replace(get(mailbox, template_id), name=kept.clean_name(name))
    kept.save(Template, mailbox, {key: value for key, value in asdict(template).items() if key != "id"}, template_id)
    return template


def insert(fields: Fields, template: Text) -> Fields:
    """Put the template at the beginning of what is written; its subject where there is none yet."""
    subject = fields.subject or template.subject
    if fields.is_plain:
        return replace(fields, subject=subject, text=f"{template.text}\n\n{fields.text.lstrip()}".rstrip("\n"))
    return replace(fields, subject=subject, html=template.html + fields.html)


def _html_of(text: str) -> str:
    lines = text_to_html(text.strip()).rstrip("\n").replace("\n", "<br>")
    return f"<p>{lines}</p>" if text.strip() else ""


def _opened(mailbox: OpenMailbox, row: Template) -> Text:
    return Text(row.pk, **kept.opened(mailbox, row))
