"""``make test``: find or install what the tests need, say what was done, and run all of them.

Everything runs on SQLite; what carries the mark ``both_databases`` runs again on PostgreSQL; then come the browser and
the tests that break services. The last line is ``N passed, N failed`` over all of it. Arguments go to pytest:
``scripts/run_tests.py tests/mail -k quota`` runs those tests only, in the same passes.

Variables: TEST_POSTGRES_URL (a server to use instead of the wheel's), TEST_BROWSER (its program), TEST_PROCESSES.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import prepare_tests  # noqa: E402

NO_TESTS_COLLECTED = 5  # pytest's exit status


@dataclass(frozen=True)
class Pass:
    """One run of pytest: which tests, on which database, alone or several at once."""

    title: str
    marks: str
    database: str = "sqlite"
    parallel: bool = True
    expected: bool = False  # a run of everything that finds no test for this pass has lost some


PASSES = (
    Pass("all tests on SQLite", "not browser and not faults and not postgresql_only", expected=True),
    Pass(
        "storage and delivery again on PostgreSQL",
        "(both_databases or postgresql_only) and not browser and not faults",
        "postgresql",
        expected=True,
    ),
    Pass("in the browser", "browser and not faults and not postgresql_only", expected=True),
)
# These mostly wait, for what they have killed to be made up for: they run side by side.
FAULTS = (
    Pass("faults on SQLite", "faults and not postgresql_only", parallel=False, expected=True),
    Pass(
        "faults on PostgreSQL",
        "faults and (both_databases or postgresql_only)",
        "postgresql",
        parallel=False,
        expected=True,
    ),
)


@dataclass
class Sums:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    corpus_tests: int = 0
    services: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, title: str, status: int, report: dict[str, Any]) -> None:
        counts = report.get("counts", {})
        self.passed += counts.get("passed", 0) + counts.get("xfailed", 0)
        failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("xpassed", 0)
        if status not in (0, NO_TESTS_COLLECTED) and not failed:
            failed = 1  # it broke outside a test, and that must not look like success
            self.notes.append(f"{title}: pytest ended with status {status}; see above.")
        self.failed += failed
        self.skipped += counts.get("skipped", 0)
        self.corpus_tests += report.get("corpus_tests", 0)
        if sum(counts.values()):
            for name, description in report.get("services", {}).items():
                self.services.setdefault(name, set()).add(description)


def main(arguments: list[str]) -> int:
    started_at = time.monotonic()
    python = prepare_tests.prepare()
    sums = Sums()
    for group in (*((one,) for one in PASSES), FAULTS):
        outcomes = run_together(group, python, arguments)
        for one, outcome in zip(group, outcomes, strict=True):
            print(outcome.printed, end="", flush=True)
            sums.add(one.title, outcome.status, outcome.report)
            if one.expected and not arguments and not sum(outcome.report.get("counts", {}).values()):
                sums.failed += 1
                sums.notes.append(f"{one.title}: no test ran.")
        if any(outcome.status == 2 and not outcome.report.get("counts") for outcome in outcomes):  # interrupted
            break
    print_closing_lines(sums, time.monotonic() - started_at)
    return 1 if sums.failed or not sums.passed else 0


@dataclass(frozen=True)
class Outcome:
    """What became of a pass: pytest's status, what the reporting plugin wrote, and what is still to be printed."""

    status: int
    report: dict[str, Any]
    printed: str = ""


def run_together(group: Sequence[Pass], python: Path, arguments: list[str]) -> list[Outcome]:
    """Run the passes at the same time; the first one prints as it goes."""
    with ThreadPoolExecutor(len(group)) as pool:
        running = [pool.submit(run, one, python, arguments, quietly=bool(place)) for place, one in enumerate(group)]
        return [each.result() for each in running]


def run(one: Pass, python: Path, arguments: list[str], *, quietly: bool = False) -> Outcome:
    """Run one pass; ``quietly`` keeps what it prints, for beside it another one prints."""
    heading = f"\n=== {one.title} ===\n"
    if not quietly:
        print(heading, end="", flush=True)
    with tempfile.TemporaryDirectory(prefix="workmail-report-") as folder:
        path = Path(folder) / "report.json"
        command = [str(python), "-m", "pytest", "-m", one.marks, "-q", "--durations", "5", "--durations-min", "5"]
        if one.parallel:
            # Neighbours stay together, and whoever is done takes over from the others.
            command += ["-n", str(processes()), "--dist", "worksteal"]
        variables = {**os.environ, "TEST_DATABASE": one.database, "TEST_REPORT": str(path)}
        completed = subprocess.run(
            [*command, *arguments],
            cwd=ROOT,
            env=variables,
            check=False,
            text=True,
            stdout=subprocess.PIPE if quietly else None,
            stderr=subprocess.STDOUT if quietly else None,
        )
        report = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Outcome(completed.returncode, report, heading + completed.stdout if quietly else "")


def processes() -> int:
    """Return how many pytest processes run at once: as many as there are cores, at least 2, at most 4."""
    return int(os.environ.get("TEST_PROCESSES") or min(max(os.cpu_count() or 2, 2), 4))


def print_closing_lines(sums: Sums, seconds: float) -> None:
    print("\n=== what ran ===")
    for name, descriptions in sums.services.items():
        print(f"{name}: {', '.join(sorted(descriptions))}")
    print(describe_corpus(sums.corpus_tests))
    if sums.skipped:
        print(f"Skipped: {sums.skipped}, for reasons that tests/services/reporting.py allows; they are listed above.")
    for note in sums.notes:
        print(note)
    print(f"Time: {seconds / 60:.1f} minutes")
    print(f"{sums.passed} passed, {sums.failed} failed", flush=True)


def describe_corpus(tests: int) -> str:
    if not (ROOT.parent / "shared" / "corpus").is_dir():
        return "Corpus: ../shared/corpus does not stand beside this checkout, so its messages were not read."
    return (
        f"Corpus: {tests} tests read ../shared/corpus."
        if tests
        else "Corpus: no test of this run read ../shared/corpus."
    )


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
