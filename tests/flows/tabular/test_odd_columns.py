"""Ordinary tables of odd columns: each command serves them or says in one line what is wrong; none crashes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli.app import app
from flows.cli.ending import DONE, FAILED, ended

ROWS = 12
COLUMNS = ("row_id", "name", "id_number", "phone", "birth_date", "sex", "district", "employer")


def table(**other: object) -> pa.Table:
    """A dozen people; some columns replaced."""
    columns: dict[str, object] = {
        "row_id": [f"r{at}" for at in range(ROWS)],
        "name": ["王伟芳李"[at % 4] + "静敏丽"[at % 3] for at in range(ROWS)],
        "id_number": pa.nulls(ROWS, pa.string()),
        "phone": [f"1397700{at * 37:04d}" for at in range(ROWS)],
        "birth_date": [f"19{60 + at}-01-1{at % 10}" for at in range(ROWS)],
        "sex": ["男"] * ROWS,
        "district": [str(at % 5) for at in range(ROWS)],
        "employer": [str(at) for at in range(ROWS)],
    }
    return pa.table(columns | other)


def every(value: object, kind: pa.DataType | None = None) -> pa.Array:
    return pa.array([value] * ROWS, kind)


SERVED = {
    "no row": table().slice(0, 0),
    "one row": table().slice(0, 1),
    "nulls": table(**{one: every(None) for one in COLUMNS[1:]}),
    "empty texts": table(**{one: every("") for one in COLUMNS[1:]}),
    "ids of integers": table(row_id=list(range(ROWS))),
    "ids of decimals": table(row_id=[Decimal(at) for at in range(ROWS)]),
    "truth values": table(sex=every(True)),
    "dictionaries": pa.table(
        {one: table()[one].dictionary_encode() for one in COLUMNS if one != "id_number"}
        | {"id_number": pa.nulls(ROWS, pa.string())}
    ),
    "decimals": table(district=every(Decimal("5.00")), phone=every(Decimal(13977001234))),
    "not a number": table(district=every(float("nan"))),
    "half floats": table(district=pa.array([1.5] * ROWS, pa.float16())),
    "times of day": table(birth_date=every(time(1, 2))),
    "a zone": table(birth_date=every(datetime(1990, 1, 1, 16, tzinfo=UTC))),
    "numbers": table(**{one: list(range(ROWS)) for one in COLUMNS}),
    "views": pa.table({one: table()[one].cast(pa.string_view()) for one in COLUMNS}),
    "lists of texts": table(phone=every(["13977001234"])),
}
REFUSED = {
    "ids twice": (table(row_id=every("a")), "重复"),
    "ids null": (table(row_id=every(None)), "空值"),
    "ids of bytes": (table(row_id=[b"\xff%d" % at for at in range(ROWS)]), "编号列"),
    "ids in lists": (table(row_id=every([["a"]])), "编号列"),
    "a column missing": (table().drop_columns(["employer"]), "employer"),
    "structures": (table(name=every({"a": 1})), "name"),
    "bytes": (table(name=every(b"\xff\xfe")), "name"),
    "bytes of one width": (table(name=every(b"\xff\xfe", pa.binary(2))), "name"),
    "spans of time": (table(birth_date=every(timedelta(1))), "birth_date"),
    "lists of lists": (table(phone=every([["1"]])), "phone"),
}


def ending(words: tuple[object, ...], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = ended(app, [str(word) for word in words])
    said = capsys.readouterr()
    assert "程序内部出错" not in said.out + said.err, words
    return code, said.err


@pytest.mark.parametrize("model", ["people", "person_cn"])
def test_odd_columns_are_served_or_refused_in_one_line(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left, right, out = (tmp_path / name for name in ("left.parquet", "right.parquet", "out.parquet"))
    pq.write_table(table(), right)
    for what, given in SERVED.items():
        pq.write_table(given, left)
        code, said = ending(("link", left, right, "--model", model, "--out", out), capsys)
        assert code == DONE, (what, said)
    for what, (given, word) in REFUSED.items():
        pq.write_table(given, left)
        code, said = ending(("link", left, right, "--model", model, "--out", out), capsys)
        if model == "people" or "ids" in what:
            assert (code, word in said.splitlines()[-1]) == (FAILED, True), (what, said)


def test_blocking_is_not_suggested_of_rows_that_share_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = tmp_path / "left.parquet"
    for what, word in (("no row", "没有可比的两行"), ("nulls", "推荐不出分组规则")):
        pq.write_table(SERVED[what], left)
        words = ("train", left, "--model", "people", "--out", tmp_path / "m.toml", "--suggest-blocking")
        code, said = ending(words, capsys)
        assert (code, word in said) == (FAILED, True), said


def test_evaluate_serves_ids_of_any_plain_type_and_refuses_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs, truth = tmp_path / "pairs.parquet", tmp_path / "truth.parquet"
    found = pa.table(
        {
            "left_id": ["1", "2"],
            "right_id": ["7", "8"],
            "match_weight": [9.0, 8.0],
            "match_probability": [0.9, 0.8],
            "decision": ["link", "link"],
        }
    )
    right = pa.table({"left_id": [1, 2], "right_id": [7.0, 8.0]})
    cases = [
        (found, right, DONE, ""),
        (found, right.slice(0, 0), DONE, ""),
        (pa.concat_tables([found, found]), right, FAILED, "不止一次"),
        (found, right.rename_columns(["a", "b"]), FAILED, "缺少列"),
        (right, found, FAILED, "缺少列"),
        (found, pa.table({"left_id": [b"\xff"], "right_id": [b"\xfe"]}), FAILED, "不是文字或数"),
    ]
    for given, told, code, word in cases:
        pq.write_table(given, pairs)
        pq.write_table(told, truth)
        ended_with, said = ending(("evaluate", pairs, "--truth", truth, "--json"), capsys)
        assert (ended_with, word in said) == (code, True), said


def test_every_command_says_how_many_filled_cells_it_could_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left, right, out = (tmp_path / name for name in ("left.csv", "right.parquet", "out.parquet"))
    pq.write_table(table(), right)
    head = ",".join(COLUMNS)
    left.write_text(
        f"{head}\n1,张三,,12345,某年,,,\n2,李四,,13800000000,1990/1/2,,暂无,\n3,王五,E12345678,,,,,\n", "utf-8"
    )
    said = [
        "左表 id_number 列：1 格有字而读不出；",
        "左表 phone 列：1 格有字而读不出，1 格是假号或默认值；",
        "左表 birth_date 列：1 格有字而读不出；",
    ]
    for model in ("people", "person_cn"):
        assert ended(app, ["link", str(left), str(right), "--model", model, "--out", str(out)]) == DONE
        shown = capsys.readouterr().out
        assert all(line in shown for line in said), shown
    assert ended(app, ["dedupe", str(left), "--model", "people", "--out", str(out)]) == DONE
    assert said[0].replace("左表", "表中") in capsys.readouterr().out
    pq.write_table(pa.table({"left_id": ["1"], "right_id": ["2"]}), right)
    assert ended(app, ["evaluate", str(out), "--truth", str(right), "--json"]) == DONE
    assert '"unread": {\n    "table": {\n      "id_number"' in capsys.readouterr().out
