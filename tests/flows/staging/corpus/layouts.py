"""One layout per awkward phrase: how offices lay out a sheet, with the rows that must be found in it."""

from __future__ import annotations

from typing import Any

from tests.flows.staging.corpus.writers import Layout

HEAD = ["平台", "骑手编号", "姓名", "手机号", "身份证号", "入职日期", "是否党员"]
IDS = ["500113********2840", "500113********1234", "110105********002X", "500113********9999", "510000********0011"]
NAMES = ["向秀芬", "𠮷田䶮", "阿依努尔·买买提", "张*", "欧阳娜娜"]


def row(n: int) -> list[Any]:
    return ["蓝骑", f"R{n + 1}", NAMES[n], f"138****567{n}", IDS[n], "2024-01-02", "否"]


def found(*numbers: int) -> tuple[tuple[int, str], ...]:
    return tuple((number, NAMES[n]) for n, number in enumerate(numbers))


BLANK: list[Any] = [""] * 7

LAYOUTS: dict[str, Layout] = {
    "plain": Layout([HEAD, row(0), row(1), row(2)], found(2, 3, 4), passed_over=0),
    "title_rows": Layout(
        [["蓝骑骑手信息表", *BLANK[1:]], ["报送单位：某某公司", *BLANK[1:]], BLANK, HEAD, row(0), row(1)],
        found(5, 6),
        merged=((0, 0, 0, 6), (1, 0, 1, 6)),
    ),
    "two_header_rows": Layout(
        [
            ["平台", "骑手编号", "基本信息", "", "", "工作信息", ""],
            ["", "", "姓名", "手机号", "身份证号", "入职日期", "是否党员"],
            row(0),
            row(1),
        ],
        found(3, 4),
        merged=((0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 4), (0, 5, 0, 6)),
    ),
    "three_header_rows": Layout(
        [
            ["骑手信息", "", "", "", "", "", ""],
            ["平台", "骑手编号", "个人", "", "", "其他", ""],
            ["", "", "姓名", "手机号", "身份证号", "入职日期", "是否党员"],
            row(0),
            row(1),
        ],
        found(4, 5),
        merged=((0, 0, 0, 6), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 4), (1, 5, 1, 6)),
    ),
    "tails": Layout(
        [HEAD, row(0), row(1), ["合计", "2人", *BLANK[2:]], BLANK, ["制表人：某某", "", "审核人：", *BLANK[3:]]],
        found(2, 3),
        passed_over=3,
    ),
    "blank_rows": Layout([HEAD, row(0), BLANK, BLANK, row(1), BLANK, row(2)], found(2, 5, 7), passed_over=3),
    "subtotals": Layout(
        [
            HEAD, row(0), ["小计", "", "", "1", "", "", ""], row(1), ["龙洲湾街道小计", "1", *BLANK[2:]], row(2),
            ["", "蓝骑合计：", "3", "", "", "", ""], ["总计", "3", *BLANK[2:]],
        ],
        found(2, 4, 6),
        passed_over=4,
    ),
    "repeated_headers": Layout(
        [HEAD, row(0), HEAD, row(1), ["第2页", *BLANK[1:]], HEAD, row(2)], found(2, 4, 7), passed_over=3
    ),
    "filler_columns": Layout(
        [[cell for one in HEAD for cell in (one, "")], *([c for one in row(n) for c in (one, "")] for n in (0, 1))],
        found(2, 3),
    ),
    "leading_blanks": Layout(
        [["", *BLANK], ["", *BLANK], ["", *HEAD], ["", *row(0)], ["", *row(1)]], found(4, 5)
    ),
    "merged_down": Layout(
        [HEAD, row(0), ["", *row(1)[1:]], ["", *row(2)[1:]]], found(2, 3, 4), merged=((1, 0, 3, 0),),
    ),
    "merged_across": Layout(
        [[*HEAD, "备注", ""], [*row(0), "无", ""], [*row(1), "有", ""]], found(2, 3),
        merged=((0, 7, 0, 8), (1, 7, 1, 8)),
    ),
    "section_titles": Layout(
        [HEAD, ["龙洲湾街道", *BLANK[1:]], row(0), ["鱼洞街道", *BLANK[1:]], row(1)],
        found(3, 5),
        merged=((1, 0, 1, 6), (3, 0, 3, 6)),
        also={"merges_needed": True},
    ),
    "two_tables": Layout(
        [
            HEAD, row(0), BLANK, ["众包骑手", *BLANK[1:]],
            ["姓名", "手机号", "身份证号", "骑手编号", "平台", "", ""],
            [NAMES[1], "138****5671", IDS[1], "R2", "橙团", "", ""],
            [NAMES[2], "138****5672", IDS[2], "R3", "橙团", "", ""],
        ],
        found(2, 6, 7),
        said="2张表",
    ),
    "side_by_side": Layout(
        [
            ["序号", "姓名", "手机号", "身份证号", "", "序号", "姓名", "手机号", "身份证号"],
            ["1", NAMES[0], "138****5670", IDS[0], "", "3", NAMES[1], "138****5671", IDS[1]],
            ["2", NAMES[2], "138****5672", IDS[2], "", "", "", "", ""],
        ],
        ((2, NAMES[0]), (2, NAMES[1]), (3, NAMES[2])),
        said="2张表",
    ),
    "title_header_tail_and_headers_again": Layout(
        [
            ["附件1 骑手花名册", *BLANK[1:]], BLANK,
            ["平台", "骑手编号", "人员信息", "", "", "入职日期", "是否党员"],
            ["", "", "姓名", "手机号", "身份证号", "", ""],
            row(0), ["小计", "1", *BLANK[2:]], BLANK,
            ["", "", "姓名", "手机号", "身份证号", "", ""], row(1), ["合计", "2", *BLANK[2:]], ["填表人：", *BLANK[1:]],
        ],
        found(5, 9),
        merged=((0, 0, 0, 6), (2, 0, 3, 0), (2, 1, 3, 1), (2, 2, 2, 4), (2, 5, 3, 5), (2, 6, 3, 6)),
    ),
}  # fmt: skip

BY_ROW = {name: layout for name, layout in LAYOUTS.items() if not layout.also.get("merges_needed")}
"""Layouts that a file without merged cells can carry too."""
