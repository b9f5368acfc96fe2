"""The real command line, run as a clerk runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

SANZHAO = Path(sys.executable).with_name("sanzhao")
DAY = date(2026, 11, 19)


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def clean_environment() -> dict[str, str]:
    """The environment without a key file or a Prefect server of the machine's own."""
    return {name: text for name, text in os.environ.items() if not name.startswith(("SANZHAO_", "PREFECT_"))}


def sanzhao(*words: object, before: tuple[str, ...] = ()) -> Answer:
    """Run the real command line."""
    command = [*before, str(SANZHAO), *map(str, words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=clean_environment(), timeout=300)
    return Answer(done.returncode, done.stdout, done.stderr)
