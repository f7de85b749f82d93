"""The shape of the house: where things stand, and what must not creep into them."""

import calendar
import locale
import re
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("workmail", "mailapp", "calendar", "admin_console", "gateways", "templates")
LONGEST_MODULE_LINES = 600  # about 500 is usually two rooms; migrations are made, not written


def _files(pattern: str, *folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob(pattern)]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# The one page with a policy of its own: a message in its sandboxed frame, which may load nothing.
MESSAGE_PAGE = ROOT / "templates" / "mail" / "body.html"
TEMPLATES = [path for path in _files("*.html", *ROOMS) if "templates" in path.parts]


@pytest.mark.parametrize("module", [calendar, locale], ids=lambda module: module.__name__)
def test_the_standard_library_owns_the_names_calendar_and_locale(module):
    assert Path(module.__file__).parent == Path(sysconfig.get_paths()["stdlib"])


@pytest.mark.parametrize("folder", ["calendar", "locale"])
def test_our_folders_of_these_names_are_not_packages(folder):
    assert not (ROOT / folder / "__init__.py").exists()


def test_the_calendar_folder_holds_one_package():
    packages = [path.name for path in (ROOT / "calendar").iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert packages == ["calendarapp"]
    assert not list((ROOT / "calendar").glob("*.py"))


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in _files("*.py", "tests")}
    assert [_name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_every_room_is_a_package():
    folders = {path.parent for path in _files("*.py", "workmail", "mailapp", "admin_console", "gateways")}
    assert [_name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_modules_stay_small_enough_to_read():
    long = {
        _name(path): lines
        for path in _files("*.py", *ROOMS, "scripts")
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE_LINES
    }
    assert long == {}


def test_settings_stand_in_one_file():
    assert [_name(path) for path in _files("*settings*.py", "workmail") if "operations" not in path.parts] == [
        "workmail/settings.py"
    ]


def test_a_robust_commit_hook_is_a_function_with_a_name():
    """Django 5.2 names a failed hook by ``__qualname__``; a ``partial`` has none, so its failure reaches the caller."""
    hook = re.compile(r"on_commit\(\s*(?:functools\.)?partial\(.*robust=True")
    assert [_name(path) for path in _files("*.py", *ROOMS) if hook.search(path.read_text(encoding="utf-8"))] == []


# --- What the content security policy forbids would only be seen in a browser; so it is looked for here ------------


def _inline(template: Path) -> list[str]:
    text = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"<[^>]*\sstyle\s*=[^>]*>", text)
    if template != MESSAGE_PAGE:
        found += re.findall(r"<style\b[^>]*>", text)
    found += re.findall(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=.application/(?:ld\+)?json)[^>]*>", text)
    found += re.findall(r"<[^>]*\son[a-z]+\s*=[^>]*>", text)
    found += re.findall(r"""(?:href|src|action)\s*=\s*["']?\s*javascript:""", text)
    return found


def test_templates_have_no_inline_style_or_script():
    assert {_name(path): found for path in TEMPLATES if (found := _inline(path))} == {}


def test_templates_load_nothing_from_another_host():
    loading = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)\s*=\s*["'](?:https?:)?//[^>]*""")
    found = {_name(path): loading.findall(path.read_text(encoding="utf-8")) for path in TEMPLATES}
    assert {name: places for name, places in found.items() if places} == {}


def test_static_styles_and_scripts_load_nothing_from_another_host():
    loading = re.compile(r"""(?:url\(|@import|import\s*\(?|from|fetch\()\s*["']?(?:https?:)?//""")
    files = _files("*.css", "static") + _files("*.js", "static")
    assert [_name(path) for path in files if loading.search(path.read_text(encoding="utf-8"))] == []
