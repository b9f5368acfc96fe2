"""A command without a home, killed while it spills: what is left is private, unreadable, and goes with a record.

What the engine spills is row numbers, patterns and weights, no cell; it is encrypted all the same. Encrypted bytes do
not shrink; what DuckDB spills without encryption shrinks to a fifth (measured by switching it off): the test can fail.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
import zlib
from pathlib import Path

import pytest

from benchmarks.people_tables import write_tables
from tests.flows.command import SANZHAO, clean_environment
from tests.matchers.conftest import full_id

ROWS = 60_000
IDS = [full_id(f"5001{n // 1000:02d}", "19900307", f"{n % 1000:03d}") for n in range(ROWS)]
_LEAST, _LONGEST = 20_000_000, 120


def write_table(path: Path) -> Path:
    """People whose row ids are their ID numbers; few names and birth dates make more than a million pairs."""
    header = "row_id,name,id_number,phone,birth_date,sex,district,employer"
    rows = (
        f"{number},张{chr(0x4E00 + n % 90)},,138{n // 2:08d},1990-01-{n % 28 + 1:02d},男,,"
        for n, number in enumerate(IDS)
    )
    path.write_text("\n".join([header, *rows]), "utf-8")
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


def test_what_a_killed_command_leaves_is_unreadable_private_and_destroyed_by_the_next_command(
    places: dict[str, Path],
) -> None:
    environment = {**clean_environment(), "TMPDIR": str(places["tmp"]), "XDG_STATE_HOME": str(places["state"])}
    table = str(write_table(places["in"] / "people.csv"))
    out = ["--model", "people", "--out", str(places["in"] / "pairs.parquet")]
    killed_in_mid_spill(["dedupe", table, *out, "--memory", "20MB"], environment, places["tmp"], places["here"])

    (folder,) = places["tmp"].iterdir()
    left = b"".join(path.read_bytes() for path in spilled(folder))
    assert len(left) > 1_000_000
    assert len(zlib.compress(left)) > 0.98 * len(left)
    assert not set(re.findall(rb"5001[0-9]{13}[0-9X]", left)) & {number.encode() for number in IDS}
    assert {path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")] if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in spilled(folder)} == {0o600}
    assert list(places["here"].iterdir()) == []

    small = places["in"] / "small.csv"
    small.write_text(f"row_id,name,id_number,phone,birth_date,sex,district,employer\n1,孟繁星,{IDS[0]},,,,,\n", "utf-8")
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


@pytest.mark.slow
def test_a_killed_comparison_goes_on_from_what_it_had_done(places: dict[str, Path]) -> None:
    environment = {**clean_environment(), "TMPDIR": str(places["tmp"]), "XDG_STATE_HOME": str(places["state"])}
    write_tables(60_000, 7, places["in"])
    work, out, straight = (places["in"] / name for name in ("work", "pairs.parquet", "straight.parquet"))
    tables = [str(places["in"] / f"{side}.parquet") for side in ("left", "right")]

    def command(target: Path, *more: str) -> list[str]:
        return [SANZHAO, "link", *tables, "--model", "people", "--memory", "12MB", "--out", str(target), *more]

    for stage in ("done-*-side-右表.json", "done-*-pairs.json", "done-*-tile-*.json"):
        running = subprocess.Popen(
            command(out, "--work", str(work)), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + _LONGEST
        while running.poll() is None and not list(work.glob(stage)) and time.monotonic() < until:
            time.sleep(0.005)
        running.kill()
        running.wait()
        assert work.is_dir() and not out.exists(), stage
    left = b"".join(path.read_bytes() for path in work.glob("spooled-*"))
    assert len(zlib.compress(left)) > 0.98 * len(left)
    assert {path.stat().st_mode & 0o777 for path in work.iterdir()} == {0o600} and work.stat().st_mode & 0o777 == 0o700
    other = subprocess.run(
        command(out, "--work", str(work), "--left-id", "name"), env=environment, capture_output=True, text=True,
        check=False, timeout=_LONGEST,
    )  # fmt: skip
    assert other.returncode == 1 and "另一次比对" in other.stderr
    for target, more in ((out, ["--work", str(work)]), (straight, [])):
        done = subprocess.run(
            command(target, *more), env=environment, capture_output=True, text=True, check=False, timeout=_LONGEST
        )
        assert done.returncode == 0, done.stderr
        assert ("接着上次中断的比对" in done.stderr) == (target == out)
    assert out.read_bytes() == straight.read_bytes()
    assert not work.exists()


def test_a_full_disk_is_said_with_what_to_do(places: dict[str, Path]) -> None:
    write_tables(40_000, 7, places["in"])
    command = [SANZHAO, "link", *(str(places["in"] / f"{side}.parquet") for side in ("left", "right")), "--model"]
    environment = {**clean_environment(), "TMPDIR": str(places["tmp"]), "XDG_STATE_HOME": str(places["state"])}
    words = shlex.join([*map(str, command), "people", "--memory", "12MB", "--out", str(places["in"] / "pairs.parquet")])
    small = "ulimit -f 200; trap '' XFSZ"  # no file may have 200 kB: a spooled column wants more
    done = subprocess.run(
        ["bash", "-c", f"{small}; exec {words}"], env=environment, capture_output=True,
        text=True, check=False, timeout=_LONGEST,
    )  # fmt: skip
    assert done.returncode == 1 and "磁盘写满了" in done.stderr, done.stderr
    assert list(places["tmp"].iterdir()) == [] and not (places["in"] / "pairs.parquet").exists()
