"""One table of variables: what the settings read, what docs/settings.md explains, what .env.example offers."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _read_by_settings() -> dict[str, str]:
    """Return each variable that ``workmail/settings.py`` reads, with the source of its default."""
    variables = {}
    for node in ast.walk(ast.parse((ROOT / "workmail" / "settings.py").read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        base = function.value if isinstance(function, ast.Attribute) else function
        if isinstance(base, ast.Name) and base.id == "env" and node.args and isinstance(node.args[0], ast.Constant):
            default = next((ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "default"), "")
            variables[node.args[0].value] = default
    return variables


def _in_table() -> list[str]:
    return re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.MULTILINE)


def _in_example() -> list[str]:
    return re.findall(r"^#?\s*([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_table_lists_exactly_what_the_settings_read():
    assert sorted(_in_table()) == sorted(_read_by_settings())


def test_the_example_lists_exactly_what_the_settings_read():
    assert sorted(_in_example()) == sorted(_read_by_settings())


def test_every_variable_has_a_default():
    """Nothing has to be set before the first start."""
    assert [name for name, default in _read_by_settings().items() if not default] == []


def test_the_example_sets_nothing_until_somebody_edits_it():
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.strip() and not line.startswith("#")] == []


def test_nothing_else_reads_the_environment():
    """``os.environ`` outside the settings would be a variable that no table knows."""
    readers = []
    for room in ("workmail", "mailapp", "calendar", "admin_console", "gateways"):
        for path in (ROOT / room).rglob("*.py"):
            text = re.sub(
                r'os\.environ\.setdefault\("DJANGO_SETTINGS_MODULE"[^)]*\)', "", path.read_text(encoding="utf-8")
            )
            if re.search(r"os\.(environ|getenv)", text):
                readers.append(path.relative_to(ROOT).as_posix())
    assert readers == []
