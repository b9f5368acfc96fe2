"""What a clerk said about a header is kept per sender, used by every later run, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from flows.home.file_names import sender_of
from flows.home.folders import Home
from flows.home.store import opened_store
from flows.staging.memory import Correction, load_memory, save_memory
from schemas.errors import ContractError, InputError
from tests.flows.staging.night import staged

UNSEEN = "实名啊,号码,证啊,编码\n向秀芬,13812345679,500113196903072842,7\n".encode()


def sources_map(*words: str | Path) -> str:
    done = CliRunner().invoke(app, ["sources", "map", *map(str, words)], catch_exceptions=True)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sent" / "platform" / "新平台2026年11月.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(UNSEEN)
    return path


def test_a_correction_is_remembered_for_the_sender_and_used_by_the_next_run(tmp_path: Path, file: Path) -> None:
    home = tmp_path / "home"
    assert "no_known_header" in sources_map(file, "--home", home)
    said = ["--set", "实名啊=姓名", "--set", "号码=手机号", "--set", "证啊=身份证号", "--set", "编码=不用"]
    assert "按更正记录" in sources_map(file, "--home", home, *said)
    later = {"platform/新平台2026年12月(1).csv": UNSEEN, "platform/别家.csv": UNSEEN}
    with staged(tmp_path, later) as night:
        states = {name: (state, message) for name, _, state, _, _, message in night.states("platform")}
        assert states["新平台2026年12月(1).csv"][0] == "read"
        assert "“实名啊”按更正记录读作“姓名”" in states["新平台2026年12月(1).csv"][1]
        assert states["别家.csv"][0] == "refused"
        assert night.rows("select name, phones, id_number, worker_no from stage_platform") == [
            ("向秀芬", ["13812345679"], "500113196903072842", None)
        ]


def test_a_correction_can_be_taken_back_or_said_for_every_sender(tmp_path: Path, file: Path) -> None:
    home = tmp_path / "home"
    said = ["--set", "实名啊=姓名", "--set", "号码=手机号"]
    sources_map(file, "--home", home, *said, "--all-files")
    assert {one.sender for one in load_memory(Home(home))} == {"*"}
    sources_map(file, "--home", home, "--forget", "实名啊", "--forget", "号码")
    assert load_memory(Home(home)) == ()


def test_a_column_said_not_to_be_used_settles_two_candidates(tmp_path: Path) -> None:
    body = "姓名,手机号,身份证号,证件号码\n向秀芬,13812345679,500113196903072842,G12345678\n".encode()
    home = Home(tmp_path / "home")
    home.make()
    with staged(tmp_path, {"platform/a.csv": body}) as night:
        assert "two_columns_for_one_field" in night.states("platform")[0][5]
    save_memory(home, [Correction(source="platform", sender="*", column="证件号码")])
    with staged(tmp_path, {"platform/a.csv": body}) as night:
        assert night.one("select id_number from stage_platform") == "500113196903072842"


def test_two_columns_of_one_name_are_told_apart_by_their_place(tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    folder.mkdir()
    file = folder / "甲公司.csv"
    file.write_text("姓名,手机号,姓名\n向秀芬,13812345679,王伟\n", "utf-8")
    home = tmp_path / "home"
    assert "two_columns_for_one_field" in sources_map(file, "--home", home)
    assert "接收 1" in sources_map(file, "--home", home, "--set", "第3列=不用")
    with opened_store(Home(home)) as store, store.engine.connect() as connection:
        rows = connection.exec_driver_sql("select what, why from audit").fetchall()
    assert rows == [("map_headers", "platform 甲公司.csv: set 第3列=不用")]


def test_a_column_the_file_does_not_have_is_not_remembered(tmp_path: Path, file: Path) -> None:
    with pytest.raises(InputError, match="没有“出生地”这一列"):
        sources_map(
            file, "--home", tmp_path / "home", "--set", "实名啊=姓名", "--set", "号码=手机号", "--set", "出生地=站点"
        )
    assert load_memory(Home(tmp_path / "home")) == ()


def test_a_memory_nobody_can_read_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    save_memory(home, [Correction(source="platform", sender="甲", column='引"号\\列', field="name")])
    assert load_memory(home)[0].column == '引"号\\列'
    (home.sources / "memory" / "headers.toml").write_text("[[correction]]\nsource = 1\n", "utf-8")
    with pytest.raises(ContractError, match="表头更正"):
        load_memory(home)


@pytest.mark.parametrize(
    "name",
    [
        "新平台2026年11月.xlsx",
        "新平台 (2).xlsx",
        "11月包.zip/新平台_20261130.csv",
        "新平台2026年第3季度-最终版.xls",
        "新平台副本.csv",
    ],
)
def test_a_sender_is_known_whatever_the_date_in_the_name(name: str) -> None:
    assert sender_of(name) == "新平台"
