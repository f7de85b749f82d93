"""The core of workmail and the project's settings."""

import sys
from pathlib import Path

# calendar/ carries no __init__.py, so the name ``calendar`` stays the standard library's.
# Appended, not inserted: nothing in that folder can shadow an installed or standard module.
BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.append(str(BASE_DIR / "calendar"))

from workmail.celery import app as celery_app  # noqa: E402  (the path above comes first)

__all__ = ["BASE_DIR", "celery_app"]
