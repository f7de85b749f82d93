"""What the mail screen weighs: script and style as they are sent, and who else is asked.

Baseline: htmx alone, the smallest part that most such pages carry.
"""

import gzip
import re

from django.conf import settings
from django.test import Client

from bench.figures import Figure
from bench.pages import signed_in
from bench.people import fill, make_user, open_inbox

LINKS = re.compile(r"""(?:src|href)="(/static/[^"]+\.(?:js|css|mjs)[^"]*)\"""")
IMPORTS = re.compile(r"""(?:from|import)\s*\(?["']([^"']+\.js)["']""")


def run() -> list[Figure]:
    user = make_user()
    inbox = open_inbox(user)
    fill(inbox, 60)
    client: Client = signed_in(user)
    page = client.get(f"/mail/{inbox.folder.pk}/").content.decode()
    sizes = {path: _gzipped(path) for path in _with_imports(set(LINKS.findall(page)))}
    scripts = sum(size for path, size in sizes.items() if not path.endswith(".css")) / 1024
    styles = sum(size for path, size in sizes.items() if path.endswith(".css")) / 1024
    htmx = next((size / 1024 for path, size in sizes.items() if "htmx" in path), None)
    hosts = re.findall(r'(?:src|href|action)="(https?://[^"]+)"', page)
    return [
        Figure(
            "mail screen: script and style, gzip",
            "KB",
            scripts + styles,
            aim="at most 90 KB",
            baseline="htmx alone",
            baseline_value=htmx,
        ),
        Figure("mail screen: style, gzip", "KB", styles, aim="at most 20 KB"),
        Figure("mail screen: page with 50 rows, gzip", "KB", len(gzip.compress(page.encode())) / 1024),
        Figure("mail screen: other hosts named", "hosts", len(hosts), aim="0"),
    ]


def _with_imports(paths: set[str]) -> set[str]:
    """Add the modules that the page's modules import as they load."""
    found, waiting = set(), list(paths)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path.endswith(".js"):
            for name in re.findall(
                r"""^\s*(?:import|export)[^"'(]*["'](\.[^"']+)["']""", _read(path).decode(), re.MULTILINE
            ):
                waiting.append(_joined(path, name))
    return found


def _joined(path: str, name: str) -> str:
    parts = path.split("/")[:-1]
    for part in name.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _read(path: str) -> bytes:
    return (settings.STATIC_ROOT / path.removeprefix("/static/").partition("?")[0]).read_bytes()


def _gzipped(path: str) -> int:
    return len(gzip.compress(_read(path), 6))
