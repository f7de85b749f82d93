"""Benchmarks: ``make bench`` (or ``python -m bench pages search``). Figures go to docs/benchmarks.md.

A benchmark is a module with ``run() -> Iterable[Figure]``; it runs in a process of its own, with a data folder, a
database and a Valkey of its own, once on SQLite and once on PostgreSQL. Every figure stands beside a baseline that was
measured in the same run, on the same machine.
"""
