"""Files whose trade cannot be told: one line per source in the summary, one per file in its department's note."""

from __future__ import annotations

import duckdb

from reports.trades_in_doubt import trade_details, trade_notices


def test_many_files_in_doubt_are_one_line_of_the_summary_and_a_line_each_in_the_note() -> None:
    con = duckdb.connect()
    con.execute(
        "create table trades_of_files (source varchar, file varchar, grp varchar, rows bigint, against bigint, "
        "against_grp varchar, unknown bigint)"
    )
    for turn in range(1, 6):
        con.execute(
            "insert into trades_of_files values ('platform', $file, '外卖骑手', 10, $against, '快递员', 0), "
            "('platform', $file, '其他新就业', 2, 0, null, 2), ('transport', $file, '货车司机', 9, 0, null, 0)",
            {"file": f"{turn}号.xlsx", "against": turn},
        )
    (line,) = trade_notices(con, {"platform": "平台企业"})
    assert line.startswith("平台企业：5 个文件里10 行看不出行业、15 行另有说法（5号.xlsx、4号.xlsx、3号.xlsx等）")
    assert "sanzhao sources map --trade" in line
    details = trade_details(con, "platform")
    assert len(details) == 5
    assert (
        details[0]
        == "1号.xlsx：行业按外卖骑手 10 行、其他新就业 2 行入账，其中2 行看不出行业、1 行另有说法（如“快递员”）"
    )
    assert trade_details(con, "transport") == ()
