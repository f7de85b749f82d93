"""Every pair of colours that stand on each other can be told apart, in all four themes (WCAG 1.4.3, 1.4.6, 1.4.11)."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css").read_text(encoding="utf-8")


def block(selector: str) -> dict[str, str]:
    start = TOKENS.index(f"{selector} {{")
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", TOKENS[start : TOKENS.index("}", start)]))


LIGHT = block(":root")
DARK = LIGHT | block(':root[data-theme="dark"]')
THEMES = {
    "light": LIGHT,
    "dark": DARK,
    "light, more contrast": LIGHT | block(':root[data-contrast="more"]'),
    "dark, more contrast": DARK | block(':root[data-theme="dark"][data-contrast="more"]'),
}


def pairs() -> list[tuple[str, str, float]]:
    rows: list[tuple[float, str, list[str]]] = [
        (7, "ink", ["surface", "canvas", "sunken", "raised", "accent-soft", *(f"c{n}-bg" for n in range(1, 7))]),
        (7, "ink2", ["surface", "canvas", "sunken", "accent-soft"]),
        (4.5, "ink3", ["surface", "canvas", "sunken"]),
        (4.5, "accent", ["surface", "canvas"]),
        (7, "accent-ink", ["accent-soft"]),
        (7, "on-accent", ["accent"]),
        (7, "accent-hover", ["surface"]),
        (4.5, "now", ["surface"]),
        (3, "now", ["accent-soft", "canvas"]),
        (7, "now-ink", ["now-soft"]),
        (4.5, "danger", ["surface"]),
        (4.5, "on-danger", ["danger"]),
        (7, "danger-ink", ["danger-soft"]),
        (4.5, "ok", ["surface"]),
        (7, "ok-ink", ["ok-soft"]),
        (4.5, "warn", ["surface"]),
        (7, "warn-ink", ["warn-soft"]),
        (3, "control", ["surface", "canvas", "sunken", "accent-soft"]),
        (3, "focus", ["surface", "canvas", "accent-soft"]),
        (7, "on-adminbar", ["adminbar"]),
        *((4.5, f"c{n}", ["surface", f"c{n}-bg"]) for n in range(1, 7)),
    ]
    return [(front, back, least) for least, front, backs in rows for back in backs]


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(front: str, back: str) -> float:
    bright, dim = sorted((luminance(front), luminance(back)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_pair_can_be_told_apart(theme):
    colours = THEMES[theme]
    low = {
        f"{front} on {back}": round(ratio(colours[front], colours[back]), 2)
        for front, back, least in pairs()
        if ratio(colours[front], colours[back]) < least
    }
    assert low == {}


def test_the_system_s_dark_theme_is_the_chosen_one():
    by_system = TOKENS[TOKENS.index(':root[data-theme="auto"] {') :]
    assert dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", by_system[: by_system.index("}")])) == block(
        ':root[data-theme="dark"]'
    )
