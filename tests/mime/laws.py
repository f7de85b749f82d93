"""How often a law is tried, and how patiently: the machine may be busy with something else."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy


def law(*strategies: SearchStrategy[Any], tried: int = 60) -> Callable[[Any], Any]:
    return lambda test: settings(max_examples=tried, deadline=None)(given(*strategies)(test))
