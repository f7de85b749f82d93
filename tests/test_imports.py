"""Imports run downwards only. The contract stands in pyproject.toml; import-linter keeps it."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_imports_run_downwards_only():
    """The tool never imports workmail, so the path to calendar/ is given to it."""
    program = Path(sys.executable).parent / "lint-imports"
    completed = subprocess.run(
        [str(program), "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "calendar"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr


def test_the_contract_names_every_room_of_the_core():
    """A new room in workmail/ that the contract does not know would not be watched."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "downwards")
    named = {room.strip(" ()") for layer in layers for room in layer.replace("|", ":").split(":")}
    rooms = {
        f"workmail.{path.stem}"
        for path in (ROOT / "workmail").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert rooms - {"workmail.__init__"} - named == set()
