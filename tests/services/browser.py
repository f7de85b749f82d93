"""The browser of the tests: an installed Chromium, driven by Playwright."""

import os
import shutil
import subprocess

# Playwright's own download is not used: it is one more thing to fetch, and Debian's is kept up to date.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LAUNCH_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str | None:
    """Return the browser's program: the one ``TEST_BROWSER`` names, else the first Chromium on the path."""
    named = os.environ.get("TEST_BROWSER")
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def version(program: str) -> str:
    """Return what the browser says of itself, such as ``Chromium 156.0.8078.79``."""
    completed = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=60)
    return " ".join(completed.stdout.split()[:2]) or program
