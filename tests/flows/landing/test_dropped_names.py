"""What lies in a drop under odd names, at odd places or half written: read, or named; one file never stops a night."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import duckdb
import pytest

from flows.home.file_names import distinct_names, shown_name
from flows.home.settings import Settings
from flows.landing import land, load_manifest
from flows.run.runs import RunRecord
from schemas.errors import InputError
from tests.flows.staging.night import AS_OF, ROLL, make_run, put

RIDERS = "平台,姓名,手机号\n蓝骑,张三,13812345679\n".encode()
NAMES: dict[bytes, str] = {
    "名单.csv".encode("gb18030"): "名单.csv",
    "换\n行\x1b[31m.csv".encode(): "换行[31m.csv",
    "反\u202e向\u200b.csv".encode(): "反向.csv",
    b"\xff\xfe.csv": "□□.csv",
    "问?号.csv".encode(): "问?号.csv",
    "反向.csv".encode(): "反向.csv（2）",
}


def test_names_in_other_bytes_and_with_hidden_signs_are_read_under_a_name_that_can_be_shown(tmp_path: Path) -> None:
    drop = put(tmp_path / "drop?", {"party_members/名册.csv": ROLL, "platform/蓝骑.csv": RIDERS})
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(drop / "platform") + b"/" + name)).write_bytes(RIDERS)
    run = make_run(tmp_path, drop)
    counts = land(duckdb.connect(), run)
    kept = [entry.name for entry in load_manifest(run.landing, run.key).files if entry.source == "platform"]
    assert sorted(kept) == sorted([*NAMES.values(), "蓝骑.csv"])
    assert counts["unreadable"] == 0
    assert all(sign.isprintable() for name in kept for sign in name)


def test_all_that_is_not_read_is_named(tmp_path: Path) -> None:
    drop = put(tmp_path / "drop", {"party_members/名册.csv": ROLL, "platform/蓝骑.csv": RIDERS})
    aside = put(tmp_path / "aside", {"transport/车.csv": RIDERS})
    (drop / "transport").symlink_to(aside / "transport")
    (drop / "灰雀骑手名单.csv").write_bytes(RIDERS)
    (drop / "platform" / "11月" / "上旬").mkdir(parents=True)
    (drop / "platform" / "11月" / "上旬" / "白鸽.csv").write_bytes(RIDERS)
    for name in (".蓝骑.csv", "~$蓝骑.xlsx", "大表.xlsx.part", ".DS_Store", "Thumbs.db"):
        (drop / "platform" / name).write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(drop) + b"/" + "网约车".encode("gb18030"))).mkdir()
    run = make_run(tmp_path, drop)
    said = [line for line in land(duckdb.connect(), run)["warnings"] if "沿用上次证据" not in line]
    wanted = {
        "灰雀骑手名单.csv：": "outside_sources", "transport：是链接": "not_a_file", "网约车/：": "unknown_source",
        "platform/11月/：是子文件夹，里面有 1 个文件": "not_a_file", "platform/.蓝骑.csv：": "hidden_file",
        "platform/~$蓝骑.xlsx：": "hidden_file", "platform/大表.xlsx.part：": "still_being_written",
    }  # fmt: skip
    assert {start: [line for line in said if line.startswith(start) and rule in line] for start, rule in wanted.items()}
    assert len(said) == len(wanted), said
    assert all(any(line.startswith(start) and rule in line for line in said) for start, rule in wanted.items())


def test_a_roll_that_is_a_link_is_refused_with_that_reason(tmp_path: Path) -> None:
    aside = put(tmp_path / "aside", {"party_members/名册.csv": ROLL})
    drop = put(tmp_path / "drop", {"platform/蓝骑.csv": RIDERS})
    (drop / "party_members").symlink_to(aside / "party_members")
    with pytest.raises(InputError, match="party_members：是链接"):
        land(duckdb.connect(), make_run(tmp_path, drop))


def test_a_file_that_is_still_written_is_waited_for(tmp_path: Path) -> None:
    drop = put(tmp_path / "drop", {"party_members/名册.csv": ROLL, "platform/蓝骑.csv": RIDERS})
    growing = drop / "platform" / "蓝骑.csv"

    def write() -> None:
        with growing.open("ab") as file:
            for _ in range(4):
                time.sleep(0.1)
                file.write("蓝骑,李四,13812345680\n".encode())
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    run = make_run(tmp_path, drop, settings=Settings(settle_seconds=0.4))
    land(duckdb.connect(), run)
    writer.join()
    (entry,) = [entry for entry in load_manifest(run.landing, run.key).files if entry.source == "platform"]
    assert (entry.problem, entry.size) == (None, growing.stat().st_size)


def test_a_path_in_other_bytes_is_kept_with_the_run(tmp_path: Path) -> None:
    drop = Path(os.fsdecode(b"/srv/\xc3\xfb\xb5\xa5?#"))
    record = RunRecord(run_id="r", as_of=AS_OF, started_at=make_run(tmp_path).started_at, drop=drop)
    text = record.model_dump_json()
    assert json.loads(text)["drop"].startswith("file:///")
    assert RunRecord.model_validate_json(text) == record


def test_names_shown() -> None:
    assert shown_name("\u202e\u200b") == "未命名"
    assert distinct_names(["a", "b", "a", "a（2）"]) == ["a", "b", "a（2）", "a（2）（2）"]
