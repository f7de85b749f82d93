"""docs/benchmarks.md: the newest figures of every benchmark, each group with the day and the machine it ran on.

They are kept in docs/benchmarks.json, so that running one benchmark again leaves the others as they were.
"""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import COLUMNS, Figure

DOCS = Path(__file__).resolve().parent.parent / "docs"
KEPT, PAGE = DOCS / "benchmarks.json", DOCS / "benchmarks.md"


def keep(name: str, database: str, figures: Sequence[Figure]) -> None:
    """Put the figures of one benchmark in the place of its last ones, and write the page anew."""
    groups = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    groups[f"{name} on {database}"] = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "figures": [asdict(figure) for figure in figures],
    }
    KEPT.write_text(json.dumps(groups, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(groups), encoding="utf-8")


def page(groups: dict[str, Any]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "`make bench` measures all of this; `.venv/bin/python -m bench pages --database sqlite` one of them.",
        "Times are of whole requests unless the name says something else. “Ratio” compares with the baseline of the",
        "same row, measured in the same run: above 1 is better than the baseline.",
    ]
    for title, group in sorted(groups.items()):
        lines += ["", f"## {title[:1].upper()}{title[1:]}", "", f"{group['date']}, {group['machine']}.", ""]
        lines += ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
        lines += ["| " + " | ".join(Figure(**values).cells()) + " |" for values in group["figures"]]
    return "\n".join(lines) + "\n"


def machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}"
