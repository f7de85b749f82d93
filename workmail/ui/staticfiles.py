"""Static files as browsers get them: style sheets without imports, no comments, names that change with content.

There is no build step: ``collectstatic`` does this, in Python. While developing, the browser follows imports itself.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import rcssmin
import rjsmin
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORT = re.compile(r'@import\s+"([^"]+)";')
_RELATIVE_URL = re.compile(r"url\((?![\"']?(?:data:|https?:|/|#))([\"']?)([^)\"']+)\1\)")


class Storage(CompressedManifestStaticFilesStorage):
    """Bundles and shortens our own style sheets and scripts, then hashes and compresses all files."""

    # Our modules name each other by plain addresses; these must carry hashes too, or a browser would keep old ones.
    # Scripts of packages stay as they are: some name files that the package does not bring.
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),
    )

    max_post_process_passes = 12  # one for each level of imports

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        shortened = {
            name: (_Shortened(storage, name), path) if is_ours(name) else (storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(shortened, dry_run, **options)


class _Shortened:
    """Stands before the storage of the sources and hands out a file in its short form."""

    def __init__(self, storage: Any, name: str) -> None:
        self._storage = storage
        self._name = name

    def open(self, path: str, mode: str = "rb") -> ContentFile:
        with self._storage.open(path) as file:
            text = file.read().decode()
        return ContentFile(shorten(self._name, text).encode())


def shorten(name: str, text: str) -> str:
    """Return a style sheet with its imports written in, or a script, without comments and needless spaces."""
    return rcssmin.cssmin(bundle(name, text)) if name.endswith(".css") else rjsmin.jsmin(text)


def is_ours(name: str) -> bool:
    return name.startswith(("css/", "js/")) and name.endswith((".css", ".js"))


def bundle(name: str, text: str) -> str:
    """Return the style sheet with the ones it imports written into it, their addresses made relative to it."""

    def read(match: re.Match[str]) -> str:
        imported = _join(PurePosixPath(name).parent, match.group(1))
        source = finders.find(imported)
        if source is None:
            raise FileNotFoundError(f"{name} imports {match.group(1)}, which does not exist.")
        with open(source, encoding="utf-8") as file:
            return _rebase(bundle(imported, file.read()), imported, name)

    return _IMPORT.sub(read, text)


def _rebase(text: str, imported: str, name: str) -> str:
    """Addresses in a style sheet are relative to it: those of an imported one have to move with it."""
    here, there = PurePosixPath(name).parent, PurePosixPath(imported).parent
    if here == there:
        return text

    def move(match: re.Match[str]) -> str:
        target = PurePosixPath(_join(there, match.group(2)))
        up = "../" * len(here.parts)
        return f"url({up}{target})"

    return _RELATIVE_URL.sub(move, text)


def _join(folder: PurePosixPath, address: str) -> str:
    parts: list[str] = []
    for part in (folder / address).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
