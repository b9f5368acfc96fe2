"""How a published ledger stands against a truth folder: counts, rates and Wilson intervals.

Truth: `rows.parquet` (source, file, sheet, row, person, member_no, linkable, and `shows` where known) and
`members.parquet` (person, statuses). A link is right when the worker row and the registry rows it was put with
belong to one person of the truth.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from matchers.engine import embedded
from schemas.errors import InputError

STATUS_ORDER = ("S1", "P1", "L1", "Y1", "P2", "F1", "F2", "W1", "D1", "N0")
_LINK_CLASSES = ("exact", "strong", "confirmed")


@dataclass(frozen=True)
class Share:
    """`right` of `of`, its rate and 95 % Wilson interval; rate and interval are null when `of` is 0."""

    right: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Evaluation:
    """One ledger against one truth."""

    version: str
    links: dict[str, Share]
    wrong_links: dict[str, int]
    registry_persons_mixed: int
    linked: dict[str, Share]
    linked_or_in_review: Share
    review_pairs: int
    statuses: dict[str, dict[str, int]]
    confusion: dict[str, dict[str, int]]

    def to_json(self) -> str:
        """The whole evaluation as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def wilson(right: int, of: int) -> Share:
    """Share with its 95 % Wilson interval."""
    if not of:
        return Share(right, of, None, None, None)
    z, rate = 1.959964, right / of
    middle = (rate + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(rate * (1 - rate) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return Share(right, of, round(rate, 6), round(max(0.0, middle - half), 6), round(min(1.0, middle + half), 6))


def evaluate_home(home: Path, truth: Path) -> Evaluation:
    """The newest published ledger of a home against a truth folder. Raises InputError where either is missing."""
    index = home / "ledger" / "index.json"
    if not index.is_file():
        raise InputError("这里还没有发布过一本账", where=str(home), rule="no_ledger", action="先运行 sanzhao run")
    version = str(json.loads(index.read_text("utf-8"))["version"])
    folder = home / "ledger" / "versions" / version
    rows, members = _truth(truth)
    ledger, review = pq.read_table(folder / "ledger.parquet"), pq.read_table(folder / "review.parquet")
    with embedded(ledger=ledger, review=review, truth_rows=rows, truth_members=members) as con:
        con.execute((Path(__file__).parent / "evaluation.sql").read_text("utf-8"))
        return _measured(con, version, review.num_rows)


def _truth(folder: Path) -> tuple[pa.Table, pa.Table]:
    """Truth rows (sheet '' for text files; `shows` null where the maker gave none) and members."""
    paths = folder / "rows.parquet", folder / "members.parquet"
    for path in paths:
        if not path.is_file():
            raise InputError("缺少真值文件", where=str(path), rule="no_truth", action="核对 --truth 指向的文件夹")
    rows, members = (pq.read_table(path) for path in paths)
    shows = "shows" if "shows" in rows.schema.names else "null::varchar"
    person = (
        "person" if "person" in members.schema.names else "coalesce('m:' || member_no, 'row:' || row_number() over ())"
    )
    with embedded(raw_rows=rows, raw_members=members) as con:
        return (
            con.execute(
                "select source, file, coalesce(sheet, '') as sheet, row::integer as row, "
                "coalesce(person::varchar, 'm:' || member_no) as person, member_no, linkable, "
                f"{shows} as shows from raw_rows"
            ).to_arrow_table(),
            con.execute(
                f"select {person} as person, member_no, coalesce(statuses, []) as statuses from raw_members"
            ).to_arrow_table(),
        )


def _measured(con: duckdb.DuckDBPyConnection, version: str, review_pairs: int) -> Evaluation:
    links, wrong = _links(con)
    return Evaluation(
        version=version,
        links=links,
        wrong_links=wrong,
        registry_persons_mixed=_one(con, "select count(*) from registry_mixed"),
        linked=_linked(con),
        linked_or_in_review=wilson(
            _one(con, "select count(*) from outcomes where linkable and (linked_right or in_review_right)"),
            _one(con, "select count(*) from outcomes where linkable"),
        ),
        review_pairs=review_pairs,
        statuses=_by_code(con),
        confusion=_confusion(con),
    )


def _one(con: duckdb.DuckDBPyConnection, query: str, **values: object) -> int:
    row = con.execute(query, values or None).fetchone()
    return int(row[0]) if row else 0


def _links(con: duckdb.DuckDBPyConnection) -> tuple[dict[str, Share], dict[str, int]]:
    """Right links by class, and over exact and strong together; wrong ones beside."""
    counted = {
        str(name): (int(right), int(of))
        for name, right, of in con.execute(
            "select match_class, count(*) filter (where is_right), count(*) from links group by 1"
        ).fetchall()
    }
    classes = {name: counted.get(name, (0, 0)) for name in _LINK_CLASSES}
    machine = tuple(sum(part) for part in zip(classes["exact"], classes["strong"], strict=True))
    classes["exact_and_strong"] = (machine[0], machine[1])
    return {k: wilson(*v) for k, v in classes.items()}, {k: v[1] - v[0] for k, v in classes.items()}


def _linked(con: duckdb.DuckDBPyConnection) -> dict[str, Share]:
    """Linkable rows that were linked rightly: all, by what they show, by source."""
    found = {}
    for name, column in (("all", "'all'"), ("shows", "shows"), ("source", "source")):
        for value, right, of in con.execute(
            f"select {column}, count(*) filter (where linked_right), count(*) from outcomes "
            "where linkable group by 1 having (any_value(1)) is not null order by 1"
        ).fetchall():
            if value is not None:
                found[value if name == "all" else f"{name}:{value}"] = wilson(int(right), int(of))
    return found


def _by_code(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Per status code: persons in truth, found, and both."""
    query = (
        "select count(*) filter (where list_contains(truth, $code)), "
        "count(*) filter (where list_contains(found, $code)), "
        "count(*) filter (where list_contains(truth, $code) and list_contains(found, $code)) from status_pairs"
    )
    table = {}
    for code in STATUS_ORDER:
        row = con.execute(query, {"code": code}).fetchone() or (0, 0, 0)
        table[code] = {"truth": int(row[0]), "found": int(row[1]), "both": int(row[2])}
    return table


def _confusion(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Primary status of the truth (rows; by the fixed order) against the published one (columns); `-` is none."""
    order = con.execute("select $codes", {"codes": list(STATUS_ORDER)}).fetchone()
    rows = con.execute(
        "select coalesce(list_filter($codes, lambda c: list_contains(truth, c))[1], '-') as t, "
        "coalesce(primary_status, '-') as f, count(*) from status_pairs group by 1, 2 order by 1, 2",
        {"codes": order[0] if order else []},
    ).fetchall()
    table: dict[str, dict[str, int]] = {}
    for truth, found, count in rows:
        table.setdefault(str(truth), {})[str(found)] = int(count)
    return table


def summary_lines(result: Evaluation) -> list[str]:
    """The evaluation in Chinese, a line per figure."""
    lines = [f"版本 {result.version}"]
    for name, share in result.links.items():
        lines.append(f"关联 {name}：{share.right}/{share.of} 正确，错 {result.wrong_links[name]}")
    for name, share in result.linked.items():
        lines.append(f"应关联已关联 {name}：{_text(share)}")
    lines.append(f"应关联已关联或待核：{_text(result.linked_or_in_review)}；待核 {result.review_pairs} 对")
    lines.append(f"名册归并有误的人：{result.registry_persons_mixed}")
    lines += [
        f"状态 {code}：真值 {c['truth']}，找到 {c['found']}，相同 {c['both']}" for code, c in result.statuses.items()
    ]
    return lines


def _text(share: Share) -> str:
    return f"{share.right}/{share.of}" + (f"（{share.rate:.2%}）" if share.rate is not None else "")
