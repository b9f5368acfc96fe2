"""One line of seconds per step, a million persons in the state store: `python -m benchmarks.ledger_million`.

A district of 57,000 × 70,000 (or `--drop D`) is run once; then a million foreign persons with three evidence tokens
each are put into the store, and the night is decided again. The ledger step has 60 s and 4 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

PERSONS = 1_000_000
KINDS = ("id", "member", "birth")


def fill(store: Path, persons: int = PERSONS) -> None:
    """Foreign identities and evidence under one published version."""
    con = sqlite3.connect(store)
    con.execute("pragma synchronous = off")
    version = "20000101T000000Z-fill"
    con.execute("insert into versions values (?, ?, 'published')", (version, date(2000, 1, 1).isoformat()))
    con.executemany(
        "insert into identities values (?, '2000-01-01', ?)", ((f"p-{turn:026d}", version) for turn in range(persons))
    )
    con.executemany(
        "insert into evidence values (?, ?, ?, ?)",
        (
            (f"{turn * 2654435761 % 2**64:016x}{place:048x}", kind, f"p-{turn:026d}", version)
            for turn in range(persons)
            for place, kind in enumerate(KINDS)
        ),
    )
    con.commit()
    con.close()


def main() -> None:
    """Measure and print; exit code 1 past the limits."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--drop", type=Path)
    drop = parser.parse_args().drop
    sanzhao = str(Path(sys.executable).with_name("sanzhao"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if drop is None:
            size = ["--workers", "57000", "--members", "70000", "--seed", "11"]
            subprocess.run([sanzhao, "sample", *size, "--out", str(root)], check=True, stdout=subprocess.DEVNULL)
            drop = root / "drop"
        home = ["--home", str(root / "home")]
        _run([sanzhao, "run", *home, "--drop", str(drop), "--as-of", "2026-11-19"])
        fill(root / "home" / "state" / "sanzhao.db")
        summary = _run([sanzhao, "run", *home, "--from", "decided", "--json"])
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
        steps = {step["name"]: step["seconds"] for step in json.loads(summary)["steps"]}
        print(f"persons in the store {PERSONS:,}; seconds per step {steps}; peak {peak:.2f} GB")
        sys.exit(0 if steps["ledger"] < 60 and peak < 4 else 1)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{command[1]} ended with {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    main()
