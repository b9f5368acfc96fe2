"""`sanzhao link` without a home, killed while it spills: what is left is private, unreadable, and goes with a record.

Without encryption the bytes left here show 33 of the IDs (measured by switching it off), so the test can fail.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.flows.command import SANZHAO, clean_environment
from tests.matchers.conftest import full_id

ROWS, ONE_NAME = 20_000, 1_500
IDS = [full_id(f"5001{n // 1000:02d}", "19900307", f"{n % 1000:03d}") for n in range(ROWS)]
_LEAST, _LONGEST = 20_000_000, 120


def write_side(path: Path) -> Path:
    """People whose row ids are their ID numbers; the first of them share one name, which makes millions of pairs."""
    names = ["孟繁星" if n < ONE_NAME else chr(0x4E00 + n % 5000) + chr(0x4E00 + n // 5000) for n in range(ROWS)]
    lines = [f"{number},{name},{number}" for number, name in zip(IDS, names, strict=True)]
    path.write_text("\n".join(["row_id,姓名,身份证号", *lines]), "utf-8")
    return path


def spilled(temporary: Path) -> list[Path]:
    return [path for path in temporary.rglob("*") if path.is_file()]


def killed_in_mid_spill(words: list[str], environment: dict[str, str], temporary: Path, here: Path) -> None:
    """Start the command and send it SIGKILL once it has spilled 20 MB."""
    command = subprocess.Popen(
        [SANZHAO, *words], env=environment, cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + _LONGEST
    while command.poll() is None and time.monotonic() < until:
        if sum(path.stat().st_size for path in spilled(temporary)) > _LEAST:
            break
        time.sleep(0.02)
    command.kill()
    assert command.wait() == -9, "it ended before it had spilled"


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("tmp", "here", "state", "in")}
    for folder in found.values():
        folder.mkdir()
    return found


def test_what_a_killed_link_leaves_is_unreadable_private_and_destroyed_by_the_next_command(
    places: dict[str, Path],
) -> None:
    environment = {**clean_environment(), "TMPDIR": str(places["tmp"]), "XDG_STATE_HOME": str(places["state"])}
    sides = [str(write_side(places["in"] / f"{side}.csv")) for side in ("left", "right")]
    out = ["--model", "person_cn", "--out", str(places["in"] / "pairs.parquet")]
    killed_in_mid_spill(["link", *sides, *out, "--memory", "200MB"], environment, places["tmp"], places["here"])

    (folder,) = places["tmp"].iterdir()
    left = b"".join(path.read_bytes() for path in spilled(folder))
    assert len(left) > 1_000_000
    assert not set(re.findall(rb"5001[0-9]{13}[0-9X]", left)) & {number.encode() for number in IDS}
    assert {path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")] if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in spilled(folder)} == {0o600}
    assert list(places["here"].iterdir()) == []

    small = places["in"] / "small.csv"
    small.write_text(f"row_id,姓名,身份证号\n1,孟繁星,{IDS[0]}\n2,张三,{IDS[1]}\n", "utf-8")
    done = subprocess.run(
        [SANZHAO, "dedupe", str(small), *out], env=environment, cwd=places["here"], capture_output=True, text=True,
        check=False, timeout=_LONGEST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(places["tmp"].iterdir()) == []
    record = places["state"] / "sanzhao" / "spill.jsonl"
    assert f"在 {folder} 留下" in done.stderr and f"现已销毁；记录在 {record}" in done.stderr
    assert record.stat().st_mode & 0o777 == 0o600
    first, last = map(json.loads, record.read_text("utf-8").splitlines())
    assert (first["folder"], first["command"], first["bytes"]) == (str(folder), "killed", len(left))
    assert (last["command"], last["bytes"]) == ("ended", 0)
    assert list(places["here"].iterdir()) == []


def test_a_record_that_cannot_be_written_is_said(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.cli.spill import private_spill

    blocked = places["state"] / "file"
    blocked.write_text("", "utf-8")
    monkeypatch.setenv("TMPDIR", str(places["tmp"]))
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    with private_spill() as options:
        assert options.spill is not None
    assert f"销毁记录写不到 {blocked}/sanzhao/spill.jsonl" in capsys.readouterr().err
    assert list(places["tmp"].iterdir()) == []
