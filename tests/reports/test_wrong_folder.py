"""A file whose columns are another source's is named with the folder it may belong to; a plain one is not."""

from __future__ import annotations

import duckdb

from reports.wrong_folder import header_text, wrong_folder_notices
from schemas.contracts import load_sources

CONTRACTS = load_sources(None)
TITLES = {name: one.title for name, one in CONTRACTS.items()}
HEADERS = {
    name: frozenset(header_text(text) for field in one.fields for text in (field.title, *field.aliases))
    for name, one in CONTRACTS.items()
}
OF_TRANSPORT = ["驾驶证号", "资格类别", "合同公司", "车牌号码", "有效期至", "证件状态"]
OF_THE_ROLL = ["党员编号", "入党时间", "所在党支部", "党籍状态", "失联日期"]


def test_columns_of_another_source_tell_of_a_wrong_folder() -> None:
    with duckdb.connect() as con:
        con.execute(
            "create table stage_files (source varchar, file varchar, sheet varchar, state varchar, "
            "fields_missing varchar[], columns_unknown varchar[])"
        )
        for file, missing, unknown in (
            ("货运.csv", ["站点"], OF_TRANSPORT),
            ("名册.xlsx", ["站点"], OF_THE_ROLL),
            ("骑手.csv", ["站点"], ["车牌号码", "接单数", "评分", "备注二"]),
            ("齐全.csv", [], OF_TRANSPORT),
        ):
            con.execute(
                "insert into stage_files values ('platform', $file, null, 'read', $missing, $unknown)",
                {"file": file, "missing": missing, "unknown": unknown},
            )
        found = wrong_folder_notices(con, TITLES, HEADERS)
    assert [line.partition("：")[0] for line in found] == ["platform/名册.xlsx", "platform/货运.csv"]
    assert "移到 party_members/" in found[0]
    assert "是“交通”的列" in found[1]
