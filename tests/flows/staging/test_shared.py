"""Files cleaned by two processes give the tables that one process gives, also where the second is lost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flows.staging import shared
from tests.flows.staging.night import ROLL, book, staged

PLATFORM = "姓名,手机号,身份证号,站点\n{}"
FILES = {
    "party_members/一.csv": ROLL,
    "party_members/二.xlsx": book(
        [["姓名", "公民身份号码", "手机号码"], ["田静", "50011319800101001X", "'13912345678"]]
    ),
    "platform/空.csv": b"",
    "platform/甲.csv": PLATFORM.format("张伟,138 1234 5678,5001131969****2842,云溪站\n李*,,,\n").encode("gb18030"),
    "platform/乙.csv": PLATFORM.format("王芳,13712345678,500113199001011234,东林站\n").encode(),
}
RELATIONS = ("stage_party_members", "stage_platform", "stage_files", "stage_repairs", "quarantine")


def _rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with staged(folder, FILES) as night:
        return {name: night.con.execute(f"from {name} order by all").fetchall() for name in RELATIONS}


@pytest.mark.parametrize("python", [sys.executable, "/bin/false"])
def test_two_processes_stage_what_one_does_and_a_lost_one_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    alone = _rows(tmp_path / "alone")
    monkeypatch.setattr(shared, "_LEAST", 0)
    monkeypatch.setattr(shared, "_START", 0)
    monkeypatch.setattr(sys, "executable", python)
    assert _rows(tmp_path / "both") == alone
    assert len(alone["stage_platform"]) >= 2
