"""Collecting the texts for translators: what is found, what a translation survives."""

from pathlib import Path

import polib
import pytest

from workmail.operations import catalogues, messages

TEMPLATE = """
<div title="isn't it">
    {# Translators: button; files the open conversation away #}
    <p>{% translate "Archive" context "button, verb" %}</p>
  {% blocktranslate trimmed count counter=unread with folder=folder.name %}
    {{ counter }} unread message in {{ folder }}{% plural %}{{ counter }} unread messages in {{ folder }}
  {% endblocktranslate %}
      {% include "button.html" with label=_("Save 100 %") only %}
</div>
"""
MODULE = """
from django.utils.translation import gettext_lazy as _, npgettext, pgettext_lazy

# Translators: greets a person
GREETING = _("Good morning, %(name)s.")
STATE = pgettext_lazy("state of a key", "enabled")
COUNT = npgettext("of mail", "%(count)d message", "%(count)d messages", 3)
NOT_TEXT = gettext(variable)
"""
SCRIPT = "const label = gettext('Undo'); const text = `${ngettext('one', 'many', 2)}`;"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for name, text in {
        "templates/mail/list.html": TEMPLATE,
        "workmail/greeting.py": MODULE,
        "static/js/undo.js": SCRIPT,
        "workmail/migrations/0001_initial.py": 'x = _("not for people")',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _texts(found: list[messages.Message]) -> list[tuple[str | None, str, str | None]]:
    return [(message.context, message.text, message.plural) for message in found]


def test_texts_of_python_and_templates_are_found(sources):
    assert _texts(messages.collect(sources)["django"]) == [
        (None, "Good morning, %(name)s.", None),
        ("state of a key", "enabled", None),
        ("of mail", "%(count)d message", "%(count)d messages"),
        ("button, verb", "Archive", None),
        (
            None,
            "%(counter)s unread message in %(folder)s",
            "%(counter)s unread messages in %(folder)s",
        ),
        (None, "Save 100 %", None),
    ]


def test_texts_of_scripts_have_their_own_domain(sources):
    assert _texts(messages.collect(sources)["djangojs"]) == [(None, "Undo", None), (None, "one", "many")]


def test_comments_for_translators_and_places_without_line_numbers_are_kept(sources):
    found = {message.text: message for message in messages.collect(sources)["django"]}
    assert found["Archive"].comments == ["Translators: button; files the open conversation away"]
    assert found["Archive"].places == ["templates/mail/list.html"]
    assert found["Good morning, %(name)s."].comments == ["Translators: greets a person"]


def test_two_plurals_of_one_text_are_refused(sources):
    (sources / "workmail" / "other.py").write_text(
        'ngettext("%(n)d x", "%(n)d y", 2); ngettext("%(n)d x", "%(n)d z", 2)'
    )
    with pytest.raises(messages.Contradiction, match=r"other\.py"):
        messages.collect(sources)


def test_translations_are_kept_and_stale_texts_go(sources):
    path = sources / "locale" / "ru" / "LC_MESSAGES" / "django.po"
    catalogue = messages.rewrite(path, messages.collect(sources)["django"], "ru")
    catalogue.find("Archive", msgctxt="button, verb").msgstr = "В архив"
    catalogue.find("%(count)d message", msgctxt="of mail").msgstr_plural = {0: "a", 1: "b", 2: "c"}
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="Нет"))
    path.write_text(str(catalogue), encoding="utf-8")

    again = messages.rewrite(path, messages.collect(sources)["django"], "ru")
    assert again.find("Archive", msgctxt="button, verb").msgstr == "В архив"
    assert again.find("%(count)d message", msgctxt="of mail").msgstr_plural == {0: "a", 1: "b", 2: "c"}
    assert again.find("Gone") is None


def test_collecting_twice_changes_nothing(sources):
    found = messages.collect(sources)["django"]
    path = sources / "locale" / "fr" / "LC_MESSAGES" / "django.po"
    messages.rewrite(path, found, "fr")
    before = path.read_bytes(), path.stat().st_mtime_ns
    messages.rewrite(path, found, "fr")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert messages.is_current(path, found, "fr")


def test_a_changed_catalogue_is_compiled_once(sources):
    path = sources / "locale" / "fr" / "LC_MESSAGES" / "django.po"
    catalogue = messages.rewrite(path, messages.collect(sources)["django"], "fr")
    catalogue.find("enabled").msgstr = "activée"
    fuzzy = catalogue.find("Save 100 %")
    fuzzy.msgstr, fuzzy.flags = "Enregistrer", ["fuzzy"]
    path.write_text(str(catalogue), encoding="utf-8")
    assert catalogues.compile_changed([sources / "locale"]) == [path]
    assert catalogues.compile_changed([sources / "locale"]) == []
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(path.with_suffix(".mo")))}
    assert compiled["enabled"] == "activée"
    assert "Save 100 %" not in compiled


def test_what_is_left_of_a_removed_catalogue_goes(sources):
    left = sources / "locale" / "fr" / "LC_MESSAGES" / "djangojs.mo"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")
    assert catalogues.compile_changed([sources / "locale"]) == []
    assert not left.exists()
