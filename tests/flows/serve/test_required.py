"""A source the configuration stops for: without it, or with nothing in it that can be read, nothing is published."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.command import Answer

pytestmark = pytest.mark.slow


def stop_for_platform(home: Path) -> None:
    config = home / "config.toml"
    config.write_text(config.read_text("utf-8") + '\n[night.sources.platform]\nmissing = "stop"\n', "utf-8")


def break_files(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != "provenance.toml":
            path.write_bytes(b"\x00\xff" * 500)


@pytest.mark.parametrize("spoil", [break_files, shutil.rmtree])
def test_a_required_source_that_is_broken_or_absent_stops_the_run(
    home: Path, drop: Path, run_again: Callable[..., Answer], spoil: Callable[[Path], None]
) -> None:
    stop_for_platform(home)
    spoil(drop / "platform")
    before = (home / "ledger" / "index.json").read_bytes()
    answer = run_again()
    assert (answer.code, "source_required" in answer.err) == (1, True)
    assert "平台" in answer.err
    assert (home / "ledger" / "index.json").read_bytes() == before
    assert not list((home / "runs").rglob("workspace*"))
