"""Run the benchmarks on both databases and write docs/benchmarks.md, see ``bench.report``."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import report
from bench.figures import Figure

BENCHMARKS = ("pages", "search", "delivery", "importing", "weight", "junk", "browser", "sockets")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="only these (default: all)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the data, to try a benchmark out")
    parser.add_argument("--no-report", action="store_true", help="print only, leave docs/benchmarks.md alone")
    options = parser.parse_args()
    failed = []
    for database in options.database or ["sqlite", "postgresql"]:
        for name in options.names or BENCHMARKS:
            print(f"{name} on {database} …", flush=True)
            found = run_one(name, database, quick=options.quick)
            if found is None:
                failed.append(f"{name} on {database}")
                continue
            for figure in found:
                print("   ", " | ".join(figure.cells()), flush=True)
            if not (options.no_report or options.quick):
                report.keep(name, database, found)
    if failed:
        print("Failed:", ", ".join(failed), file=sys.stderr)
    return bool(failed)


def run_one(name: str, database: str, *, quick: bool) -> list[Figure] | None:
    """Run one benchmark in a process of its own; None when it failed."""
    folder = Path(tempfile.mkdtemp(prefix="workmail-bench-"))
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("WORKMAIL_")},
        "WORKMAIL_DATA": str(folder),
        "WORKMAIL_ENV_FILE": os.devnull,
        "WORKMAIL_LOG_LEVEL": "ERROR",
        "BENCH_DATABASE": database,
        "BENCH_QUICK": "1" if quick else "",
        "BENCH_RESULT": str(folder / "figures.json"),
    }
    try:
        completed = subprocess.run([sys.executable, "-m", "bench.process", name], env=environment, check=False)
        if completed.returncode:
            return None
        return [Figure(**values) for values in json.loads((folder / "figures.json").read_text())]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
