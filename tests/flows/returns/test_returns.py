"""Returns: the sender's own sheet, marked; nothing in it runs; nothing in clear until asked for, and then logged."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from flows.drift import last_qualities, measure_sources, remember_night
from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.settings import Settings
from flows.home.store import opened_store
from flows.landing import find_night, land, load_manifest, note_dropped_columns
from flows.landing.manifest import open_landed
from flows.matching.steps import people
from flows.pipeline.purging import purge
from flows.returns import seal_marks, send_back, write_notes
from flows.run.context import RunContext
from flows.run.workspace import open_workspace
from flows.staging.step import stage
from schemas.errors import InputError
from tests.flows.command import sanzhao
from tests.flows.staging.night import AS_OF, PROVENANCE, ROLL, make_run, put

CSV = (
    "骑手编号,姓名,身份证号,手机号\nR1,张三,500113196903072842,13812345679\n"
    "=cmd|'/c calc'!A1,,,\nR3,李四,500113196903072000,13812345679\n"
)


def workbook() -> bytes:
    """A sheet as offices send it: title merged over the columns, colours, a formula, a bad row, an Excel-damaged ID."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("花名册")
        bold = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
        page.merge_range("A1:D1", "骑手花名册", bold)
        page.write_row(1, 0, ["骑手编号", "姓名", "身份证号", "手机号"], bold)
        page.write_row(2, 0, ["R1", "张三", "500113196903072842", "13812345679"])
        page.write_row(3, 0, ["R2"])
        page.write_row(4, 0, ["R3", "李四", "500113196903072000", "13812345679"])
        page.write_string(5, 0, '=HYPERLINK("http://evil")')
        page.write_string(5, 1, "王五")
        page.write_formula(5, 3, "=13800000000+1", None, 13800000001)
        page.set_column(2, 2, 33)
    return out.getvalue()


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    drop = put(
        tmp_path / "drop",
        {"party_members/名册.csv": ROLL, "platform/蓝骑.xlsx": workbook(), "platform/闪达.csv": CSV.encode("gb18030")},
    )
    run = make_run(tmp_path, drop)
    return replace(run, key=load_key(run.home, create=True))


def close(run: RunContext) -> None:
    """What the close of a run leaves for the senders."""
    with open_workspace(run.workspace, "k" * 32) as con:
        land(con, run)
        stage(con, run)
        note_dropped_columns(con, run)
        people(con, run)
        before = last_qualities(run)
        write_notes(con, run, remember_night(con, run), before, run.home.reports / "v")
        seal_marks(con, run)


def marked(path: Path) -> dict[int, tuple[str, str]]:
    """Colour and reason of every coloured row of the sender's own sheet."""
    page = openpyxl.load_workbook(path).worksheets[1]
    reason = next(cell.column for row in page.iter_rows() for cell in row if cell.value == "原因")
    rows = {
        row[0].row: row
        for row in page.iter_rows()
        if row[0].fill.fgColor.rgb in ("00FFC7CE", "FFFFC7CE", "00FFEB9C", "FFFFEB9C")
    }
    return {number: (str(row[0].fill.fgColor.rgb)[-6:], str(row[reason - 1].value)) for number, row in rows.items()}


def test_a_workbook_comes_back_in_its_own_layout_with_the_bad_rows_marked(run: RunContext, tmp_path: Path) -> None:
    close(run)
    done = send_back(run.home, tmp_path / "out", source="platform")
    (path,) = [path for path in done.files if "蓝骑" in path.name]
    found = marked(path)
    assert found[4] == ("FFC7CE", found[4][1])
    assert "未读取" in found[4][1]
    assert found[5][0] == "FFEB9C"
    assert "Excel" in found[5][1]
    assert 3 not in found
    page = openpyxl.load_workbook(path).worksheets[1]
    assert page.title == "花名册"
    assert [str(area) for area in page.merged_cells.ranges] == ["A1:D1"]
    assert page.column_dimensions["C"].width > 30
    assert page["A2"].font.bold


def test_nothing_in_a_returned_sheet_can_be_executed(run: RunContext, tmp_path: Path) -> None:
    close(run)
    for path in send_back(run.home, tmp_path / "out").files:
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as package:
                names = package.namelist()
                sheets = b"".join(package.read(name) for name in names if "worksheets/sheet" in name)
            assert b"<f>" not in sheets
            assert b"<f " not in sheets
            assert not [name for name in names if "vba" in name or "externalLink" in name]
    assert openpyxl.load_workbook(tmp_path / "out/平台企业/平台_蓝骑_退回.xlsx").worksheets[1]["A6"].data_type == "s"


def test_a_text_file_comes_back_row_for_row_as_a_workbook(run: RunContext, tmp_path: Path) -> None:
    close(run)
    send_back(run.home, tmp_path / "out")
    path = tmp_path / "out/平台企业/平台_闪达_退回.xlsx"
    page = openpyxl.load_workbook(path).worksheets[1]
    assert [cell.value for cell in page[1]] == ["骑手编号", "姓名", "身份证号", "手机号", "原因"]
    assert page["A3"].value == "=cmd|'/c calc'!A1"
    assert page["A3"].data_type == "s"
    assert page["C2"].value == "500113196903072842"
    assert set(marked(path)) == {3, 4}


def test_files_that_came_in_an_archive_go_back_one_by_one(run: RunContext, tmp_path: Path) -> None:
    assert run.drop
    with zipfile.ZipFile(run.drop / "platform/包.zip", "w") as archive:
        archive.writestr("内/飞达.csv", CSV)
        archive.writestr("迅风.xlsx", workbook())
    close(run)
    send_back(run.home, tmp_path / "out", source="platform")
    assert set(marked(tmp_path / "out/平台企业/平台_飞达_退回.xlsx")) == {3, 4}
    assert set(marked(tmp_path / "out/平台企业/平台_迅风_退回.xlsx")) >= {4, 5}


def test_the_marks_are_sealed_and_the_export_is_private_and_audited(run: RunContext, tmp_path: Path) -> None:
    close(run)
    (sealed,) = run.home.returns.glob("*/*/marks.sealed")
    assert b"platform" not in sealed.read_bytes()
    assert sealed.stat().st_mode & 0o777 == 0o600
    done = send_back(run.home, tmp_path / "out")
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in done.files)
    with opened_store(run.home) as store, store.engine.connect() as connection:
        rows = connection.exec_driver_sql("select what, why from audit").fetchall()
    assert [what for what, _ in rows] == ["return_sheets"]
    assert run.run_id in str(rows[0][1])
    cover = openpyxl.load_workbook(done.files[0]).worksheets[0]
    said = "".join(str(cell.value) for row in cover.iter_rows() for cell in row)
    assert "内部资料" in said
    assert "导出人" in said


def test_the_note_counts_and_compares_and_names_nobody(run: RunContext, tmp_path: Path) -> None:
    close(run)
    later = replace(run, run_id="20261120T013000Z-cd34", as_of=AS_OF + dt.timedelta(days=1))
    assert later.drop
    (later.drop / "platform/蓝骑.xlsx").unlink()
    close(later)
    send_back(run.home, tmp_path / "out", source="platform")
    page = (tmp_path / "out/平台企业/数据质量说明.html").read_text("utf-8")
    assert "上次（2026-11-19）" in page
    assert "证件号末几位被 Excel 改成 0" in page
    assert "请改正" in page
    for word in ("张三", "李四", "13812345679", "500113196903072842", "党", "http"):
        assert word not in page, word


AGREED = {
    "human_resources/灵活就业.csv": (
        "姓名,社会保障号码,联系电话,政治面貌,起止年月\n"
        "张三,500113196903072842,13812345679,共青团员,202301-202611\n"
        "李四,500113199001011235,023-62812345,民革党员,202302-至今\n"
    ),
    "transport/网约车.csv": "姓名,身份证号,手机号,有效期止,所属公司\n张三,500113196903072842,(023)62812345,长期,\n",
}


def test_what_the_contracts_ask_for_is_complained_of_to_nobody(tmp_path: Path) -> None:
    files = {"party_members/名册.csv": ROLL, **{name: text.encode() for name, text in AGREED.items()}}
    run = make_run(tmp_path, put(tmp_path / "drop", files))
    run = replace(run, key=load_key(run.home, create=True))
    close(run)
    for department in ("人力资源社会保障局", "交通运输局"):
        (path,) = run.home.returns.glob(f"*/*/{department}.html")
        page = path.read_text("utf-8")
        assert page.count("没有需要改正的。") == 1, page
        assert "其他写法不一" not in page
        assert "不认识的选项" not in page
        assert "重新报送" not in page
    filled = dict(re.findall("<tr><td>([^<]*)</td><td class=n>([^<]*)</td>", page))
    assert (filled["司机姓名"], filled["所属公司"], filled["性别"]) == ("100.0%", "全空", "没有这一栏"), "of transport"
    with open_workspace(run.workspace, "k" * 32) as con:
        assert measure_sources(con, run)["human_resources"].damage["period_split"] == 4


def test_rows_without_consent_are_not_sent_back(tmp_path: Path) -> None:
    body = "姓名,身份证号,手机号,是否同意使用\n张三,500113196903072842,13812345679,否\n".encode()
    run = make_run(tmp_path, put(tmp_path / "drop", {"party_members/名册.csv": ROLL, "self_reports/报到.csv": body}))
    run = replace(run, key=load_key(run.home, create=True))
    close(run)
    assert [path.name for path in send_back(run.home, tmp_path / "out", source="self_reports").files] == [
        "数据质量说明.html"
    ]


def test_after_its_retention_a_source_is_gone_alone_and_says_so(run: RunContext, tmp_path: Path) -> None:
    assert run.drop
    (run.drop / "platform/provenance.toml").write_text(PROVENANCE.replace("30", "7"), "utf-8")
    close(run)
    today = AS_OF + dt.timedelta(days=7)
    assert purge(run.home, Settings(), run.key, today=today, who="test") == []
    gone = purge(run.home, Settings(), run.key, today=today + dt.timedelta(days=1), who="test")
    assert gone == [f"landing/2026-11-19/{run.run_id}/platform/{name}" for name in ("蓝骑.xlsx", "闪达.csv")]
    entries = load_manifest(run.landing, run.key).files
    assert [entry.destroyed_on is None for entry in entries] == [True, False, False]
    assert open_landed(run.landing, run.key, entries[0]) == ROLL
    with pytest.raises(InputError, match="原件已销毁"):
        open_landed(run.landing, run.key, entries[1])
    assert find_night(run.home, run.key, AS_OF) == run.landing
    problems = send_back(run.home, tmp_path / "out", source="platform").problems
    assert any("原件已销毁" in problem for problem in problems)


def test_the_house_retention_ends_everything_and_leaves_a_record(run: RunContext) -> None:
    close(run)
    settings = Settings(retention_days=10)
    gone = purge(run.home, settings, run.key, today=AS_OF + dt.timedelta(days=11), who="test")
    assert gone == [f"landing/2026-11-19/{run.run_id}", f"returns/2026-11-19/{run.run_id}"]
    assert not list(run.home.landing.iterdir())
    assert not list(run.home.returns.iterdir())
    record = (run.home.logs / "destroyed.jsonl").read_text("utf-8")
    assert record.count(run.run_id) == 2
    with pytest.raises(InputError, match="已到保存期销毁"):
        send_back(run.home, run.home.root.parent / "out")


def test_file_names_cannot_lead_out_of_the_folder(run: RunContext, tmp_path: Path) -> None:
    assert run.drop
    (run.drop / "platform/闪达.csv").rename(run.drop / "platform/..\\..\\外面.csv")
    close(run)
    out = tmp_path / "out"
    done = send_back(run.home, out)
    assert all(path.resolve().is_relative_to(out) for path in done.files)


@pytest.mark.slow
def test_the_commands_return_and_purge(home: Path, tmp_path: Path) -> None:
    answer = sanzhao("sources", "return", "--home", home, "--out", tmp_path / "out", "--source", "platform")
    assert answer.code == 0, answer.err
    assert "平台企业" in answer.out
    assert list((tmp_path / "out").rglob("*_退回.xlsx"))
    assert not list(Home(home).root.rglob("*_退回.xlsx"))
    assert sanzhao("sources", "return", "--home", home, "--out", tmp_path / "x", "--source", "nobody").code == 1
    assert sanzhao("purge", "--home", home, "--as-of", "2026-11-20").code == 0
    purged = sanzhao("purge", "--home", home, "--as-of", "2027-11-20")
    assert purged.code == 0
    assert "已销毁：landing/2026-11-19/" in purged.out
    assert not list((home / "landing").iterdir())


def test_every_repair_the_readers_name_is_counted(run: RunContext) -> None:
    with open_workspace(run.workspace, "k" * 32) as con:
        land(con, run)
        stage(con, run)
        quality = measure_sources(con, run)["platform"]
        repairs = con.execute("select count(*) from stage_repairs").fetchone()
    assert repairs
    assert sum(quality.damage.values()) == repairs[0]
    assert quality.rows_in == quality.accepted + quality.quarantined
