"""What a benchmark measures, and how it is written down."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

COLUMNS = ("Figure", "Database", "Median", "p95", "Worst", "Aim", "Baseline in the same run", "Ratio")


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. ``ratio`` is the baseline divided by the measured median, so above 1 means: better."""

    name: str
    unit: str
    median: float
    p95: float | None = None
    worst: float | None = None
    aim: str = ""
    baseline: str = ""
    baseline_value: float | None = None
    more_is_better: bool = False
    database: str = ""

    def cells(self) -> tuple[str, ...]:
        ratio = ""
        if self.baseline_value and self.median:
            better = self.median / self.baseline_value if self.more_is_better else self.baseline_value / self.median
            ratio = f"{better:.2f}"
        baseline = f"{self.baseline}: {_number(self.baseline_value)} {self.unit}" if self.baseline else ""
        return (
            self.name,
            self.database,
            f"{_number(self.median)} {self.unit}",
            f"{_number(self.p95)} {self.unit}" if self.p95 is not None else "",
            f"{_number(self.worst)} {self.unit}" if self.worst is not None else "",
            self.aim,
            baseline,
            ratio,
        )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def milliseconds(function: Callable[[], object], *, times: int, warm_up: int = 3) -> list[float]:
    """Call it ``times`` times and return how long each call took."""
    for _ in range(warm_up):
        function()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def timed(
    name: str, taken: Sequence[float], *, baseline: tuple[str, Sequence[float]] | None = None, aim: str = ""
) -> Figure:
    """Make a figure of durations in milliseconds."""
    return Figure(
        name=name,
        unit="ms",
        median=statistics.median(taken),
        p95=percentile(taken, 0.95),
        worst=max(taken),
        aim=aim,
        baseline=baseline[0] if baseline else "",
        baseline_value=statistics.median(baseline[1]) if baseline else None,
    )


def resident_megabytes(pid: int | str = "self") -> float:
    """Return the resident memory of a process (Linux)."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
