"""The command line, run as a clerk runs it: in a process of its own, which most often is forked to save its imports."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.home.folders import write_private

SANZHAO = Path(sys.executable).with_name("sanzhao")
DAY = date(2026, 11, 19)
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.flows.imported"])
LONGEST = 300


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def clean_environment() -> dict[str, str]:
    """The environment without a key file or a Prefect server of the machine's own."""
    return {name: text for name, text in os.environ.items() if not name.startswith(("SANZHAO_", "PREFECT_"))}


_DRAWN_BY_LOT = ("second_reading_share", "known_pair_share")


def without_reports(home: Path) -> Path:
    """A home that draws no reports: most runs are not about them, and they take as long as all else in a small one.

    Nor does it draw lots which pairs are read twice: a test says itself when one is.
    """
    config = home / "config.toml"
    text = config.read_text("utf-8") if config.exists() else ""
    others = [line for line in text.splitlines(keepends=True) if not line.startswith(("reports = ", *_DRAWN_BY_LOT))]
    lots = [f"{'' if '[workbench]' in text else 'workbench.'}{name} = 0\n" for name in _DRAWN_BY_LOT]
    at = others.index("[workbench]\n") + 1 if "[workbench]\n" in others else 0
    write_private(config, "".join(["reports = []\n", *others[:at], *lots, *others[at:]]).encode())
    return home


def sanzhao(*words: object, before: tuple[str, ...] = ()) -> Answer:
    """Run the command line; behind another command (`before`) as the installed script, else forked."""
    plain = [str(word) for word in words]
    if before:
        command = [*before, str(SANZHAO), *plain]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=clean_environment(), timeout=LONGEST
        )
        return Answer(done.returncode, done.stdout, done.stderr)
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = FORKING.Process(target=_run, args=(plain, clean_environment(), (str(out), str(err))), daemon=True)
        process.start()
        process.join(LONGEST)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"sanzhao {plain[0]} did not end")
        return Answer(process.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))


def _run(words: list[str], environment: dict[str, str], streams: tuple[str, str]) -> None:
    """In the forked process: the command, with its standard streams in files."""
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(streams, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
    from flows.cli.app import app
    from flows.cli.ending import ended

    code = ended(app, words)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
