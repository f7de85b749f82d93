"""Scripts and templates agree: every text, key and module that one names, the other has."""

import gzip
import re
from pathlib import Path

import pytest
from django.utils import translation

from workmail.ui import commands, context, staticfiles, strings

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "static" / "js"
STYLES = ROOT / "static" / "css"
KIB = 1024


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def without_comments(script: str) -> str:
    return re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", script, flags=re.DOTALL | re.MULTILINE)


# --- Texts ---------------------------------------------------------------------------------------------------------


def texts_asked_for() -> set[str]:
    """The keys in ``text("…")`` and ``count("…")`` of the shared scripts; pages bring their own texts."""
    call = re.compile(r"""\b(?:text|count)\(\s*"([a-z_.]+)\"""")
    choice = re.compile(r"""\b(?:text|count)\([^"()]*\?\s*"([a-z_.]+)"\s*:\s*"([a-z_.]+)\"""")
    found: set[str] = set()
    for path in SCRIPTS.glob("*.js"):
        script = without_comments(read(path))
        found.update(call.findall(script))
        for pair in choice.findall(script):
            found.update(pair)
    return found


def test_every_text_of_a_script_is_sent_with_the_page():
    assert texts_asked_for() - set(strings.script_strings()) == set()


def test_no_text_is_sent_in_vain():
    script = "".join(read(path) for path in SCRIPTS.rglob("*.js"))
    unused = {key for key in strings.script_strings() if not key.startswith("keys.") and f'"{key}"' not in script}
    assert unused == set()


@pytest.mark.parametrize(
    ("language", "categories"),
    [("en", {"one", "other"}), ("fr", {"one", "many", "other"}), ("ru", {"one", "few", "many", "other"})],
)
def test_what_counts_has_every_plural_form_of_the_language(language, categories):
    with translation.override(language):
        counting = [text for text in strings.script_strings().values() if isinstance(text, dict)]
        assert counting
        assert all(set(text) == categories for text in counting)
        assert all("{n}" in form for text in counting for form in text.values())


# --- Keys ----------------------------------------------------------------------------------------------------------


def test_the_server_reads_every_line_of_the_table():
    source = without_comments(read(SCRIPTS / "commands.js"))
    assert list(commands.table()) == re.findall(r'"id": "([a-z-]+)"', source)
    assert {row["section"] for row in commands.rows()} == {command.section for command in commands.table().values()}


def test_every_command_of_the_keyboard_has_its_words_and_no_other():
    assert list(commands.table()) == list(commands.command_labels())
    assert {command.section for command in commands.table().values()} == set(commands.section_labels())


def test_no_key_does_two_things_at_the_same_place():
    # Inside the text of a message the keys are the editor's: Ctrl+K makes a link there and opens the palette elsewhere.
    elsewhere = [row for row in commands.rows() if not (row["section"] == "compose" and row.get("shown"))]
    for column in ("single", "always", "row"):
        keys = [key for row in elsewhere for key in row.get(column, [])]
        assert keys
        assert len(keys) == len(set(keys)), column


def test_a_command_has_one_single_key_at_most():
    """So that a key of one's own can replace it."""
    assert all(len(row.get("single", [])) <= 1 for row in commands.rows())


def test_no_key_is_taken_from_the_browser_or_the_screen_reader():
    script = read(SCRIPTS / "commands.js")
    for taken in ("Control+r", "Control+f", "Control+p", "Control+n", "Control+t", "Control+w", "F5", "F1", "Insert+"):
        assert f'"{taken}"' not in script


def test_every_command_of_a_template_exists():
    known = set(commands.command_labels())
    used = {
        name
        for folder in ("templates", "workmail", "mailapp", "admin_console")
        for path in (ROOT / folder).rglob("*.html")
        for name in re.findall(r'data[-_]command="([a-z-]+)"', read(path))
    }
    assert used - known == set()


# --- Modules -------------------------------------------------------------------------------------------------------


def imports(path: Path) -> list[Path]:
    found = re.findall(r'(?:from\s*|import\s*\(?\s*)"(\.[^"]+)"', without_comments(read(path)))
    return [(path.parent / name).resolve() for name in found]


def test_every_module_that_is_imported_exists():
    missing = [
        (path.name, target.name) for path in SCRIPTS.rglob("*.js") for target in imports(path) if not target.exists()
    ]
    assert missing == []


def test_modules_import_each_other_without_circles():
    """The name of a module carries a hash of its content, and the content names what it imports."""
    done: set[Path] = set()

    def visit(path: Path, above: tuple[Path, ...]) -> None:
        assert path not in above, " → ".join(step.name for step in (*above, path))
        if path not in done:
            for target in imports(path):
                visit(target, (*above, path))
            done.add(path)

    for path in SCRIPTS.rglob("*.js"):
        visit(path, ())


def test_the_modules_that_the_head_names_exist(rf):
    request = rf.get("/")
    assert [name for name in context.Page(request).modules if not (ROOT / "static" / name).exists()] == []


def test_scripts_have_no_globals_and_no_way_to_run_text():
    forbidden = re.compile(
        r"\beval\(|new Function\(|(?<!template)\.innerHTML\s*=|insertAdjacentHTML|document\.write|\bwindow\.\w+\s*=[^=]"
    )
    found = {path.name: forbidden.findall(without_comments(read(path))) for path in SCRIPTS.rglob("*.js")}
    assert {name: places for name, places in found.items() if places} == {}


# --- Size ----------------------------------------------------------------------------------------------------------


def sent(name: str) -> int:
    """Octets of a static file as a browser gets it."""
    return len(gzip.compress(staticfiles.shorten(name, read(ROOT / "static" / name)).encode(), 9))


def reached(*names: str) -> set[Path]:
    found: set[Path] = set()
    waiting = [(SCRIPTS / name).resolve() for name in names]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imports(path)
    return found


def test_the_styles_of_the_mail_screen_stay_below_twenty_kilobytes():
    assert sent("css/app.css") + sent("css/mail.css") <= 20 * KIB


def test_the_shared_scripts_stay_below_their_budget():
    """90 KB in all is for the mail screen: htmx is 17, the page's own scripts must find room beside these."""
    names = [path.relative_to(ROOT / "static").as_posix() for path in SCRIPTS.glob("*.js")]
    assert sum(map(sent, names)) <= 40 * KIB


def test_a_style_sheet_arrives_in_one_piece():
    for path in STYLES.glob("*.css"):
        text = staticfiles.shorten(f"css/{path.name}", read(path))
        assert "@import" not in text
        for address in re.findall(r"url\([\"']?(?!data:)([^)\"']+)", text):
            assert (STYLES / address).resolve().exists(), (path.name, address)
