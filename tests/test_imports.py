"""Imports point one way: schemas <- matchers <- reports <- flows; only flows imports Prefect."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_imports_point_one_way_and_only_flows_knows_prefect() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_plain_command_line_loads_neither_prefect_nor_pandas() -> None:
    code = (
        "import sys, flows.cli.app, flows.pipeline.driver; "
        "print([m for m in ('prefect', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
