"""Compile message catalogues with polib, so that no system gettext is needed."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import polib


def compile_changed(folders: Iterable[Path]) -> list[Path]:
    """Compile each ``.po`` file whose ``.mo`` is missing or older; return the compiled ones.

    Fuzzy and untranslated entries are left out, so that the English text shows instead of a guess.

    Raises:
        OSError, SyntaxError: A catalogue cannot be read; polib names the file and line.
    """
    compiled = []
    for folder in folders:
        for target in folder.glob("*/LC_MESSAGES/*.mo"):
            if not target.with_suffix(".po").exists():  # its texts are gone, and Django would still read it
                target.unlink()
        for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
                continue
            compile_one(source, target)
            compiled.append(source)
    return compiled


def compile_one(source: Path, target: Path) -> None:
    """Compile one catalogue; a process that loads the old one meanwhile is not disturbed."""
    modified = source.stat().st_mtime_ns
    catalogue = polib.pofile(str(source), encoding="utf-8")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    draft.write_bytes(catalogue.to_binary())
    os.utime(draft, ns=(modified, modified))  # as old as what was read: a change during the compilation shows
    draft.replace(target)
