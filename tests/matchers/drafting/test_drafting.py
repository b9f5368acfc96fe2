"""A first model drafted from tables: columns understood by their cells, a file that links and trains as it is."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.people_tables import write_tables
from flows.cli.app import app
from flows.cli.ending import ended
from flows.tabular.people_cells import people_reading
from matchers.drafting.columns import profiles
from matchers.drafting.commented import draft_text
from matchers.drafting.draft import draft_model
from matchers.drafting.recognising import recognised
from matchers.linking import link, train
from matchers.model.link_model import parse_link_model
from schemas.errors import InputError

ENGLISH = {
    "row_id": "rec_id", "name": "full name", "id_number": "identity no.", "phone": "mobile", "birth_date": "dob",
    "sex": "gender", "district": "area code", "employer": "works for",
}  # fmt: skip
CHINESE = {
    "row_id": "编号", "name": "姓名", "id_number": "证件号码", "phone": "手机号码", "birth_date": "出生日期",
    "sex": "性别", "district": "区县", "employer": "单位代码",
}  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    write_tables(4_000, 5, folder)
    for side, headers in (("left", CHINESE), ("right", ENGLISH)):
        table = pq.read_table(folder / f"{side}.parquet")
        named = table.rename_columns([headers[name] for name in table.schema.names])
        notes = pa.array([f"第{at}次走访时家里没有人，邻居说白天上班，晚上才回来" * 6 for at in range(table.num_rows)])
        pq.write_table(named.append_column("备注" if side == "left" else "remarks", notes), folder / f"{side}.parquet")
    return folder


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("某列", ["11010519900307851X", "110105********8519", "110105199003078535"], "resident_id"),
        ("某列", ["13842916705", "138****6714", "15937204816"], "phone"),
        ("某列", ["13842916705、15937204816", "13806194732", "15928360471"], "phones"),
        ("某列", ["1950-03-07", "1991年4月8日", "1992/5/9"], "date"),
        ("出生年月", ["1990-03", "1991", "1992-05-09"], "partial_date"),
        ("邮编", ["10001", "20002", "30003", "40004"], "text"),
        ("某列", ["张伟", "李秀英", "欧阳娜娜", "王芳"], "person_name"),
        ("某列", ["顺丰速运有限公司", "某某餐厅", "城东配送站"], "organisation_name"),
        ("性别", ["男", "女", "男", "女"], "sex"),
        ("state", ["nsw", "vic", "nsw", "vic", "nsw"], "category"),
        ("given name", ["Robert", "Mary Ann", "Joan"], "text"),
        ("amount", ["36.36", "1,221.91", "20"], "number"),
        ("booked", ["2026-03-28", "2026-04-02", "2026-05-01"], "event_date"),
        ("title", ["Data models for sensors", "Query plans in parallel systems"], "token_set"),
        ("编号", ["1", "2", "3"], None),
        ("rec_id", ["r1", "r2", "r3"], None),
        ("位置", ["29.563012,106.551557", "29.533,106.5"], None),
        ("lat", ["29.563012", "29.533"], None),
        ("备注", ["很长的话" * 60, "也是很长的话" * 60], None),
        ("单位", ["同一家", "同一家"], None),
        ("单位", [None, None], None),
    ],
)
def test_a_column_is_taken_for_what_its_cells_are(header: str, cells: list[str | None], kind: str | None) -> None:
    found = recognised(profiles(pa.table({header: pa.array(cells, pa.string())}))[0])
    assert found.kind == kind
    assert found.because


def test_tables_with_other_headers_are_linked_by_their_draft_and_it_can_be_trained(people: Path) -> None:
    left, right = (pq.read_table(people / f"{side}.parquet") for side in ("left", "right"))
    draft = draft_model(left, right, reading=people_reading)
    text = draft_text(draft)
    assert text == draft_text(draft_model(left, right, reading=people_reading))
    paired = {CHINESE[name]: (CHINESE[name], ENGLISH[name]) for name in CHINESE if name != "row_id"}
    assert draft.headers == paired
    asides = {one.header: one.because for one in (*draft.pairing.left_aside, *draft.pairing.right_aside)}
    assert set(asides) == {"编号", "rec_id", "备注", "remarks"}
    assert all(asides.values())
    assert draft.model.unique == ("left", "right")
    assert set(draft.model.implied) == {"出生日期", "性别"}
    assert all("#" in line for line in text.splitlines() if line)

    model = parse_link_model(text, "draft.toml")
    truth = set(zip(*pq.read_table(people / "truth.parquet").to_pydict().values(), strict=True))
    for usable in (model, train(left, right, model, reading=people_reading).model):
        pairs = link(left, right, usable, ids=("编号", "rec_id"), reading=people_reading)
        links = {(one["left_id"], one["right_id"]) for one in pairs.to_pylist() if one["decision"] == "link"}
        assert len(links - truth) <= 1
        assert len(links & truth) >= 0.97 * len(truth)


def test_one_table_is_drafted_for_finding_its_duplicates(people: Path) -> None:
    left = pq.read_table(people / "left.parquet")
    twice = pa.concat_tables(
        [left, left.slice(0, 300).set_column(0, "编号", pa.array([f"x{at}" for at in range(300)]))]
    )
    draft = draft_model(twice, None, reading=people_reading)
    model = parse_link_model(draft_text(draft), "draft.toml")
    assert model.unique == ()
    pairs = link(twice, None, model, ids=("编号", "编号"), reading=people_reading)
    assert sum(one["decision"] == "link" for one in pairs.to_pylist()) >= 299


def test_columns_that_hold_different_things_under_one_header_are_left_aside_with_a_word() -> None:
    names = [one + other for one in "赵钱孙李周吴郑王" for other in "伟芳娜敏静丽强磊"]
    codes = [f"{at % 5}" for at in range(64)]
    left = pa.table({"姓名": names, "状态": codes})
    right = pa.table({"姓名": names, "状态": [f"在职{one}" for one in codes]})
    draft = draft_model(left, right, reading=people_reading)
    assert [one.header for one in draft.pairing.left_aside] == ["状态"]
    assert "没有一个相同的值" in draft.pairing.left_aside[0].because


def test_tables_in_which_nothing_can_be_compared_are_refused_with_the_reasons() -> None:
    table = pa.table({"编号": ["1", "2", "3"], "备注": ["很长的话" * 60] * 2 + [None]})
    with pytest.raises(InputError, match=r"编号（编号，每行各一个.*备注（"):
        draft_model(table, None, reading=people_reading)


def test_the_command_says_what_it_understood_and_what_comes_next(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = [str(people / f"{side}.parquet") for side in ("left", "right")]
    assert ended(app, ["model", *tables, "--out", str(tmp_path / "m.toml")]) == 0
    said = capsys.readouterr().out
    assert "手机号码 与 mobile：当作手机号（表头意思相同）" in said
    assert "左表不用 备注：长文字" in said
    assert "--left-id 编号 --right-id rec_id" in said
    assert ended(app, ["model", *tables, "--out", tables[0]]) == 1
    assert ended(app, ["model", str(tmp_path / "none.csv"), "--out", str(tmp_path / "n.toml")]) == 1
    assert ended(app, ["model", *tables]) == 2
    assert not (tmp_path / "n.toml").exists()
