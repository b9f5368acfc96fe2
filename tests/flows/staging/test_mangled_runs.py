"""Whole runs over mangled files: what is published stands in a file as it came, and the good file loses nothing."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.staging.archives import is_archive, members
from flows.staging.readers import read_file
from schemas.people import check_digit
from tests.flows.command import SANZHAO, clean_environment, without_reports
from tests.flows.staging.corpus.writers import CONTAINERS, Layout
from tests.flows.staging.mangling import MEGABYTES, mangled
from tests.flows.staging.night import put

MEASURED = Path(__file__).parents[1] / "measured.py"
HEAD = ["平台", "骑手编号", "姓名", "手机号", "身份证号", "入职日期"]
SURNAMES, GIVEN = "向周吴郑冯陈褚卫蒋沈", "秀芬国强丽华建军永明"
PEOPLE, ON_ROLL = 80, 40


@dataclass(frozen=True)
class Ended:
    """How a run ended, how long it took and how much memory it held."""

    code: int
    out: str
    err: str
    seconds: float
    megabytes: int


def person(n: int) -> tuple[str, str, str]:
    """Name, telephone, ID."""
    first = f"500113{1960 + n % 40}0{1 + n % 9}1{n % 9}{(n * 37) % 1000:03d}"
    return (
        SURNAMES[n % 10] + GIVEN[n // 10] + GIVEN[(n * 3 + 1) % 10],
        f"138{(n * 7919) % 10**8:08d}",
        first + check_digit(first),
    )


def worker(n: int) -> list[str]:
    name, phone, number = person(n)
    return ["蓝骑", f"R{n}", name, phone, number, "2024-01-02"]


def rolled() -> bytes:
    lines = [["党员编号", "姓名", "公民身份号码", "手机号码", "所在党支部", "加入党组织日期"]]
    lines += [[f"M{n}", *person(n)[::2], person(n)[1], "某支部", "1999-07-01"] for n in range(ON_ROLL)]
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def run_over(folder: Path, count: int, seed: int) -> tuple[Ended, dict[str, bytes], Path]:
    """A run over one good file and many mangled ones."""
    layout = Layout([HEAD, *[worker(n) for n in range(PEOPLE)]], ())
    valid = [(f"many.{kind}", write(layout)) for kind, write in CONTAINERS.items()]
    files = {"好.csv": CONTAINERS["csv"](layout), **dict(mangled(count, seed, valid))}
    drop = put(folder / "drop", {"party_members/名册.csv": rolled()})
    put(drop, {f"platform/{name}": data for name, data in files.items()})
    home = without_reports(folder / "home")
    return _measured(folder, "run", "--home", home, "--drop", drop, "--as-of", "2026-11-19", "--json"), files, home


def _measured(folder: Path, *words: object) -> Ended:
    begun, peak = time.monotonic(), folder / "peak"
    done = subprocess.run(
        [sys.executable, str(MEASURED), str(peak), str(SANZHAO), *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=1800,
    )
    return Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - begun, int(peak.read_text()))


def evidence(home: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every published worker row, with the number of the member it is tied to."""
    for line in pq.read_table(home / "ledger" / "ledger.parquet", columns=["member_no", "evidence"]).to_pylist():
        for one in line["evidence"]:
            if one["source"] == "platform":
                yield line["member_no"], one


def rows_of(files: dict[str, bytes], file: str, sheet: str | None) -> list[str]:
    """The texts of every row of a dropped file, as it came."""
    dropped, _, inside = file.partition("/")
    data = files[dropped]
    if is_archive(data):
        data = next(one.data for one in members(data, dropped) if one.name == inside)
    (grid,) = (grid for grid in read_file(data, file) if grid.sheet == sheet)
    return ["|".join(map(str, row)) for row in grid.rows]


def check(ended: Ended, files: dict[str, bytes], home: Path) -> Counter[str]:
    assert ended.code == 3, ended.err
    assert "Traceback" not in ended.out + ended.err
    summary = json.loads(ended.out)
    refused = {one["file"] for one in summary["refused"] if one["sheet"] is None}
    assert refused
    good, published = set(), 0
    read: dict[tuple[str, str | None], list[str]] = {}
    for member_no, one in evidence(home):
        name, phone, number = person(int(member_no.removeprefix("M")))
        place = (one["file"], one["sheet"])
        read[place] = read.get(place) or rows_of(files, *place)
        row = read[place][one["row"] - 1]
        assert (name in row) + (phone in row) + (number in row) >= 2, one["file"]
        assert one["file"] not in refused
        published += 1
        if one["file"] == "好.csv":
            good.add(member_no)
    assert len(good) == ON_ROLL
    (platform,) = (one for one in summary["sources"] if one["source"] == "platform")
    assert platform["rows_in"] == platform["accepted"] + platform["quarantined"]
    return Counter(files=len(files) - 1, refused=len(refused), rows_in=platform["rows_in"], published=published)


@pytest.mark.slow
def test_a_run_over_two_dozen_mangled_files_publishes_only_what_stands_in_them(tmp_path: Path) -> None:
    ended, files, home = run_over(tmp_path, 24, seed=8)
    check(ended, files, home)


@pytest.mark.prove
def test_ten_runs_over_two_thousand_mangled_files_publish_only_what_stands_in_them(tmp_path: Path) -> None:
    total: Counter[str] = Counter()
    runs: list[Ended] = []
    for turn in range(10):
        ended, files, home = run_over(tmp_path / str(turn), 200, seed=2027 + turn)
        total += check(ended, files, home)
        runs.append(ended)
    seconds, peak = max(one.seconds for one in runs), max(one.megabytes for one in runs)
    print(f"\n{dict(total)}; slowest run {seconds:.0f} s, peak {peak} MB")
    assert peak < MEGABYTES
