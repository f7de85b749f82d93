"""A pytest plugin: nothing is skipped silently, and a run says on what it ran.

A skip is a failure unless its reason begins with one of ``ALLOWED_SKIPS``. The counts and the services of a run are
written to the file that ``TEST_REPORT`` names, where ``scripts/run_tests.py`` reads them.
"""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

SHARED_CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
NO_SHARED_CORPUS = "../shared/corpus does not stand beside this checkout"
ALLOWED_SKIPS = (NO_SHARED_CORPUS,)
COUNTED = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


class Honesty:
    """Turn skips into failures and collect what the closing lines say."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.corpus_tests = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Any:
        report = yield
        _refuse_skip(report)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Any:
        report = yield
        _refuse_skip(report)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed and "corpus" in report.keywords:
            self.corpus_tests += 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if hasattr(self.config, "workerinput"):
            return
        counts = {name: len(terminalreporter.stats.get(name, [])) for name in COUNTED}
        services = describe_services()
        terminalreporter.section("ran on")
        for name, description in services.items():
            terminalreporter.write_line(f"{name}: {description}")
        terminalreporter.write_line(f"Corpus: {describe_corpus(self.corpus_tests)}")
        if path := os.environ.get("TEST_REPORT"):
            report = {"counts": counts, "services": services, "corpus_tests": self.corpus_tests}
            Path(path).write_text(json.dumps(report), encoding="utf-8")


def _refuse_skip(report: Any) -> None:
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = str(reason).removeprefix("Skipped: ")
    if not reason.startswith(ALLOWED_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"Skipped without an allowed reason: {reason}"


def describe_services() -> dict[str, str]:
    """Return the versions of the services that this run used, for people."""
    from tests.services import browser, environment, postgresql

    database = f"SQLite {sqlite3.sqlite_version}"
    if environment.wants_postgresql():
        named = "the wheel's, started for this run" if postgresql.shared_server.cache_info().currsize else "named"
        database = f"PostgreSQL {postgresql.version(postgresql.server_url())} ({named})"
    program = browser.executable()
    return {
        "Database": database,
        "Valkey": _valkey_version(),
        "Browser": browser.version(program) if program else "none found",
    }


def describe_corpus(passed: int) -> str:
    if not SHARED_CORPUS.is_dir():
        return f"{NO_SHARED_CORPUS}: its messages were not read"
    return f"{passed} passed tests read ../shared/corpus" if passed else "../shared/corpus is there, no test read it"


def _valkey_version() -> str:
    import subprocess

    from workmail.operations import valkey

    output = subprocess.run([str(valkey.binary()), "--version"], capture_output=True, text=True, check=False).stdout
    return next((word.removeprefix("v=") for word in output.split() if word.startswith("v=")), "unknown")
