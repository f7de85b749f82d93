"""Collect the texts of the interface into catalogues for translators, without system gettext.

Babel reads Python and JavaScript; a Django template is first turned by Django itself into something that reads like
Python. polib keeps the catalogues. The same sources always give the same files: no dates, no line numbers.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

SOURCES = ("workmail", "mailapp", "calendar", "admin_console", "gateways", "templates", "static")
PYTHON_SUFFIX, SCRIPT_SUFFIX, TEMPLATE_SUFFIXES = ".py", ".js", (".html", ".txt", ".xml")
LEFT_OUT = frozenset({"migrations", "tests", "__pycache__"})
LINE_WIDTH = 100

# (1, "c") marks the argument that is the context.
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_COMMENT_TAGS = ("Translators:",)
_PLURAL_FORMS = {
    "en": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
}


@dataclass(slots=True)
class Message:
    """One text and where it is used."""

    context: str | None
    text: str
    plural: str | None = None
    comments: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str | None, str]:
        return self.context, self.text


class Contradiction(ValueError):
    """The same text has two different plural forms."""


def collect(root: Path) -> dict[str, list[Message]]:
    """Return the texts by gettext domain, in the order of files and lines.

    Raises:
        Contradiction: Two places give the same text, in the same context, different plurals.
        SyntaxError, django.template.TemplateSyntaxError: A file cannot be read.
    """
    domains: dict[str, dict[tuple[str | None, str], Message]] = {"django": {}, "djangojs": {}}
    for path in _source_files(root):
        messages = domains["djangojs" if path.suffix == SCRIPT_SUFFIX else "django"]
        place = path.relative_to(root).as_posix()
        for found in _read(path, place):
            known = messages.setdefault(found.key, found)
            if known.plural is not None and found.plural not in (None, known.plural):
                raise Contradiction(f"{place}: “{found.text}” has another plural in {known.places[0]}.")
            known.plural = known.plural or found.plural
            known.comments += [comment for comment in found.comments if comment not in known.comments]
            known.places += [place] if place not in known.places else []
    return {domain: list(messages.values()) for domain, messages in domains.items()}


def merge(messages: Iterable[Message], existing: polib.POFile | None, language: str) -> polib.POFile:
    """Return a catalogue of exactly these texts, with the translations that ``existing`` has for them."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in existing or () if not entry.obsolete}
    catalogue = polib.POFile(wrapwidth=LINE_WIDTH, check_for_duplicates=True)
    catalogue.header = "The interface of workmail. `make messages` keeps the texts current; people translate them."
    catalogue.metadata = {
        "Project-Id-Version": "workmail",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": _PLURAL_FORMS.get(language, _PLURAL_FORMS["en"]),
    }
    forms = plural_form_count(catalogue)
    for message in messages:
        catalogue.append(_entry(message, known.get(message.key), forms))
    return catalogue


def plural_form_count(catalogue: polib.POFile) -> int:
    match = re.search(r"nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    return int(match[1]) if match else 2


def read(path: Path) -> polib.POFile | None:
    return polib.pofile(str(path), encoding="utf-8", wrapwidth=LINE_WIDTH) if path.exists() else None


def rewrite(path: Path, messages: Iterable[Message], language: str) -> polib.POFile:
    """Bring one catalogue up to date with the sources; an unchanged file is not touched."""
    catalogue = merge(messages, read(path), language)
    if not path.exists() or path.read_text(encoding="utf-8") != as_text(catalogue):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_text(catalogue), encoding="utf-8")
    return catalogue


def is_current(path: Path, messages: list[Message], language: str) -> bool:
    """Tell whether ``rewrite`` would leave the file alone; a domain without texts has no file."""
    existing = read(path)
    if existing is None or not messages:
        return existing is None and not messages
    return path.read_text(encoding="utf-8") == as_text(merge(messages, existing, language))


def as_text(catalogue: polib.POFile) -> str:
    return str(catalogue).rstrip("\n") + "\n"


def _entry(message: Message, known: polib.POEntry | None, forms: int) -> polib.POEntry:
    entry = polib.POEntry(
        msgctxt=message.context,
        msgid=message.text,
        comment="\n".join(message.comments),
        occurrences=[(place, "") for place in message.places],
        flags=["python-format"] if re.search(r"%(\(\w+\))?[sd]", message.text + (message.plural or "")) else [],
    )
    if message.plural is not None:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = dict.fromkeys(range(forms), "")
    if known is None or bool(known.msgid_plural) != bool(entry.msgid_plural):
        return entry
    entry.tcomment = known.tcomment
    entry.flags += ["fuzzy"] if known.fuzzy else []
    if message.plural is None:
        entry.msgstr = known.msgstr
    else:
        entry.msgstr_plural = {form: known.msgstr_plural.get(form, "") for form in range(forms)}
    return entry


def _source_files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        for path in sorted((root / source).rglob("*")):
            if LEFT_OUT.intersection(path.relative_to(root).parts) or not path.is_file():
                continue
            is_template = path.suffix in TEMPLATE_SUFFIXES and "templates" in path.parts
            if is_template or path.suffix in (PYTHON_SUFFIX, SCRIPT_SUFFIX):
                yield path


def _read(path: Path, place: str) -> Iterator[Message]:
    octets = path.read_bytes()
    if path.suffix in TEMPLATE_SUFFIXES:
        # Indentation means nothing here, but would mean something to the reader of Python.
        lines = templatize(octets.decode("utf-8"), origin=place).splitlines()
        octets = "\n".join(line.strip() for line in lines).encode()
    method = "javascript" if path.suffix == SCRIPT_SUFFIX else "python"
    options = {"encoding": "utf-8", "parse_template_string": "true"}
    for _line, texts, comments, context in extract(
        method, io.BytesIO(octets), keywords=_KEYWORDS, comment_tags=_COMMENT_TAGS, options=options
    ):
        text, plural = texts if isinstance(texts, tuple) else (texts, None)
        if text:
            yield Message(context, text, plural, [comment.strip() for comment in comments], [place])
