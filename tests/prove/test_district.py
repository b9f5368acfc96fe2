"""A whole district, 57,000 workers and 70,000 members: seconds, memory, and the same bytes twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.district import MEMBERS, SEED, WORKERS, timed

pytestmark = pytest.mark.prove

SECONDS, MEGABYTES = 60, 2000


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    seconds, memory, _ = timed(
        "sample", "--workers", str(WORKERS), "--members", str(MEMBERS), "--seed", str(SEED), "--out", str(out)
    )
    print(f"\nsample {seconds:.1f} s, {memory} MB")
    return out


def test_a_district_is_published_within_a_minute_and_two_gigabytes_twice_the_same(
    district: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_bytes(b"one key for both homes")
    monkeypatch.setenv("SANZHAO_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    bytes_of, walls, peaks = set(), [], []
    for name in ("first", "second"):
        home = tmp_path / name
        words = ("--home", str(home), "--drop", str(district / "drop"), "--as-of", "2026-11-19", "--json")
        seconds, memory, text = timed("run", *words)
        for step in json.loads(text)["steps"]:
            print(f"  {step['name']:<12}{step['seconds']:6.1f} s")
        print(f"run {seconds:.1f} s, {memory} MB")
        bytes_of.add((home / "ledger" / "ledger.parquet").read_bytes())
        walls.append(seconds)
        peaks.append(memory)
    assert len(bytes_of) == 1
    assert max(peaks) < MEGABYTES
    assert min(walls) < SECONDS  # the better of two, as other work on the machine only ever adds
