"""One workbook per published version: printable sheets, identifiers as text, nothing a spreadsheet would calculate."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import xlsxwriter

from reports.cells import harmless
from reports.summary import RunSummary
from reports.words import CLASSES, FLAGS
from reports.workbook.pour import Poured, pour
from reports.workbook.quality import quality_rows
from reports.workbook.sheets import VersionTables, WorkbookSheet, plain_sheet, version_sheets
from reports.workbook.streets import INDEX, split_by_street
from schemas.drift import SourceQuality
from schemas.policy import Policy
from schemas.words import words

NOTICE = "内部资料 注意保管"
FOOT = "&L制表人：　　　　　　审核人：　　　　　　日期：&R第 &P 页，共 &N 页"
WORKBOOK: dict[str, object] = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    "default_format_properties": {"font_name": "宋体", "font_size": 10},
}  # fmt: skip
"""How every workbook is made. Columns are measured in digits of the default font: of one that Chinese offices have, so
that they are as wide in WPS as in Excel, and not a third wider where Excel's own is missing."""
_HEADER_ROW, _FIRST_ROW = 2, 3
_MOST = 1_048_576 - _FIRST_ROW
_NARROW, _WIDEST, _SENTENCE, _LONGEST = 6, 22, 36, 140
_LEAST = 9.0
"""A column of texts is made no narrower: four Chinese characters a line."""
_WHOLE = frozenset(("人员编号", "党员编号"))
"""Columns that are never broken over lines."""
_KEY = {"人员编号": 31}
_PLACES = frozenset(("序号", "出生年"))
"""Numbers that nobody adds up."""
_PAPER = 166.0
"""Places of a digit that fit across A4 at 8 points, of a sheet laid out in 10."""


@dataclass(frozen=True)
class WorkbookFacts:
    """What the workbook is made of."""

    tables: VersionTables
    summary: RunSummary
    policy: Policy
    qualities: Mapping[str, SourceQuality]
    before: Mapping[str, SourceQuality]
    split_rows: int = 400
    """Rows from which a list is split into a sheet per street."""


def write_workbook(facts: WorkbookFacts) -> bytes:
    """The bytes of 一本账.xlsx; the same version gives the same bytes."""
    sheets = split_by_street(workbook_sheets(facts), facts.split_rows)
    return written(sheets, _heading(facts.summary), facts.summary.as_of)


def workbook_sheets(facts: WorkbookFacts) -> list[WorkbookSheet]:
    """All sheets in their order."""
    titles = {
        "source_titles": {line.source: line.title for line in facts.summary.sources},
        "status_basis": {code: facts.policy.basis(code) for code in facts.policy.statuses.order},
    }
    return [*version_sheets(facts.tables, titles), _quality(facts), _files(facts), _basis(facts)]


def written(sheets: Sequence[WorkbookSheet], heading: str, on: date) -> bytes:
    """Sheets as a workbook: A4 across, the header on every page, a line to sign at the foot."""
    out = io.BytesIO()
    options = WORKBOOK
    tables: dict[str, Poured] = {}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": "一本账", "created": datetime(on.year, on.month, on.day)})
        formats = _formats(book)
        indexed = any(sheet.part_of for sheet in sheets)
        if indexed:
            _index(book, sheets, heading, formats)
        for number, sheet in enumerate(sheets, 2 if indexed else 1):
            page = book.add_worksheet(sheet.name)
            _lay_out(page, sheet, heading, formats)
            if indexed:
                _lead_back(page, sheet)
            if sheet.table.num_rows:
                rows = sheet.table.slice(0, _MOST)
                tables[f"xl/worksheets/sheet{number}.xml"] = Poured(_FIRST_ROW, rows, _widths(sheet)[: sheet.printed])
    return pour(out.getvalue(), tables)


def _index(book: Any, sheets: Sequence[WorkbookSheet], heading: str, formats: Mapping[str, Any]) -> None:
    """The first sheet of a split book: a line with a link per list, those of its streets below it."""
    page = book.add_worksheet(INDEX)
    page.write_string(0, 0, harmless(f"{INDEX}　　{heading}"), formats["title"])
    for at, (name, width) in enumerate((("表", 40), ("行数", 10), ("说明", 80))):
        page.write_string(_HEADER_ROW - 1, at, name, formats["head"])
        page.set_column(at, at, width)
    for row, sheet in enumerate(sheets, _HEADER_ROW):
        shown = f"　　{sheet.name.partition('·')[2] or sheet.name}" if sheet.part_of else sheet.name
        page.write_url(row, 0, f"internal:'{sheet.name}'!A1", formats["link"], string=shown)
        page.write_number(row, 1, sheet.table.num_rows, formats["number"])
        told = "全部，屏幕上筛选用；纸上按镇街分表印" if sheet.on_screen else "" if sheet.part_of else sheet.title
        page.write_string(row, 2, harmless(told), formats["text"])
    page.set_row(0, 24)
    page.freeze_panes(_HEADER_ROW, 0)
    print_set_up(page, _HEADER_ROW - 1)


def _lead_back(page: Any, sheet: WorkbookSheet) -> None:
    """A link to the index beside the title's row, off the paper; a list that its parts print has its title only."""
    columns = sheet.table.num_columns
    page.write_url(_HEADER_ROW - 1, columns, f"internal:'{INDEX}'!A1", string=f"回{INDEX}")
    last = _HEADER_ROW - 1 if sheet.on_screen else _HEADER_ROW - 1 + max(sheet.table.num_rows, 1)
    page.print_area(0, 0, last, (sheet.printed or columns) - 1)


def _formats(book: Any) -> dict[str, object]:
    line = {"border": 1, "border_color": "#BBBBBB", "valign": "top", "font_name": "宋体", "font_size": 10}
    return {
        "title": book.add_format({"bold": True, "font_size": 14, "font_name": "宋体"}),
        "head": book.add_format({**line, "bold": True, "bg_color": "#E8EEF4", "text_wrap": True, "valign": "vcenter"}),
        "text": book.add_format({**line, "num_format": "@", "text_wrap": True}),
        "link": book.add_format({**line, "font_color": "#0563C1", "underline": 1}),
        "place": book.add_format({**line, "num_format": "0", "align": "center"}),
        "number": book.add_format({**line, "num_format": "#,##0"}),
        "share": book.add_format({**line, "num_format": "0.0%"}),
        "day": book.add_format({**line, "num_format": "yyyy-mm-dd", "align": "center"}),
    }


def _lay_out(page: Any, sheet: WorkbookSheet, heading: str, formats: Mapping[str, Any]) -> None:
    """Title, header, widths, print set-up, and one row that says how each column looks."""
    names = sheet.table.column_names
    page.write_string(0, 0, harmless(f"{sheet.title}　　{heading}"), formats["title"])
    for at, (field, width) in enumerate(zip(sheet.table.schema, _widths(sheet), strict=True)):
        page.write_string(_HEADER_ROW - 1, at, harmless(field.name), formats["head"])
        page.set_column(at, at, width)
        if sheet.table.num_rows:
            page.write_blank(_FIRST_ROW - 1, at, None, formats[_style(field)])
    if not sheet.table.num_rows:
        page.write_string(_FIRST_ROW - 1, 0, "（无）", formats["text"])
    page.set_row(0, 24)
    page.freeze_panes(_HEADER_ROW, 2 if len(names) > 8 else 0)
    page.autofilter(_HEADER_ROW - 1, 0, _HEADER_ROW - 1 + max(sheet.table.num_rows, 1), len(names) - 1)
    print_set_up(page, _HEADER_ROW - 1)
    if sheet.printed:
        page.print_area(0, 0, _HEADER_ROW - 1 + max(sheet.table.num_rows, 1), sheet.printed - 1)


def print_set_up(page: Any, last_header_row: int) -> None:
    """A4 across, as wide as the page, the first rows on every page, where it is from and who signs."""
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
    page.repeat_rows(0, last_header_row)
    page.set_header(f"&R{NOTICE}")
    page.set_footer(FOOT)


def _style(field: pa.Field) -> str:
    if pa.types.is_date(field.type):
        return "day"
    if pa.types.is_floating(field.type):
        return "share"
    if pa.types.is_integer(field.type):
        return "place" if field.name in _PLACES else "number"
    return "text"


def _widths(sheet: WorkbookSheet) -> tuple[float, ...]:
    """Widths of all columns: what goes to paper fits it, and sentences have what room is left there."""
    fields = list(sheet.table.schema)
    widths = [
        _width(sheet.table.column(field.name), field, _SENTENCE if field.name in sheet.wide else _WIDEST)
        for field in fields
    ]
    printed = sheet.printed or len(widths)
    whole = [field.name in _WHOLE for field in fields[:printed]]
    longest = [
        _width(sheet.table.column(field.name), field, _LONGEST) if field.name in sheet.wide else width
        for field, width in zip(fields[:printed], widths, strict=False)
    ]
    return (*_fitted(_grown(widths[:printed], longest), whole), *widths[printed:])


def _grown(widths: Sequence[float], longest: Sequence[float]) -> list[float]:
    """Columns of sentences made wider, the more the longer they are, while there is room on the paper."""
    room, wanted = _PAPER - sum(widths), sum(longest) - sum(widths)
    share = 0.0 if room <= 0 or wanted <= 0 else min(room / wanted, 1.0)
    return [round(width + (most - width) * share, 1) for width, most in zip(widths, longest, strict=True)]


def _fitted(widths: Sequence[float], whole: Sequence[bool]) -> list[float]:
    """Columns of texts made narrower, the wider the more, until the sheet fits the paper; texts take more lines."""
    least = [width if keep else min(width, _LEAST) for width, keep in zip(widths, whole, strict=True)]
    spare, over = sum(widths) - sum(least), sum(widths) - _PAPER
    share = 0.0 if over <= 0 or not spare else min(over / spare, 1.0)
    return [round(width - (width - low) * share, 1) for width, low in zip(widths, least, strict=True)]


def _width(column: pa.ChunkedArray, field: pa.Field, most: int) -> float:
    """Wide enough for the header and the first rows; Chinese takes two places."""
    if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
        return max(11.0 if pa.types.is_date(field.type) else 9.0, _places(field.name) + 2.0)
    longest = max((_places(text) for text in column.slice(0, 200).to_pylist() if text), default=0)
    return float(min(max(longest + 2, _places(field.name) + 3, _NARROW), _KEY.get(field.name, most)))


def _places(text: str) -> int:
    return 2 * len(text) - len(text.encode("latin-1", "ignore"))


def _heading(summary: RunSummary) -> str:
    return f"{summary.district}　数据日期 {summary.as_of.isoformat()}　版本 {summary.version}　{NOTICE}"


def _quality(facts: WorkbookFacts) -> WorkbookSheet:
    headers = (
        "来源", "文件", "未用文件", "行数", "接收", "退回", "退回率", "上次日期", "上次行数", "增减", "主要问题",
    )  # fmt: skip
    rows = quality_rows(facts.summary, facts.qualities, facts.before)
    return plain_sheet("数据质量", "数据质量：各来源本次与上次", headers, rows)


def _files(facts: WorkbookFacts) -> WorkbookSheet:
    """One row per file or sheet that was read; a column that is not there is said not to be there."""
    headers = ("来源", "文件", "工作表", "行数", "接收", "退回", "没有的栏目")
    rows = [
        (
            file.title,
            file.file,
            file.sheet or "",
            file.rows_in,
            file.accepted,
            file.quarantined,
            "、".join(file.absent) or "—",
        )
        for file in facts.summary.files
    ]
    return plain_sheet("数据质量（按文件）", "数据质量：各文件，没有的栏目", headers, rows)


def _basis(facts: WorkbookFacts) -> WorkbookSheet:
    """What every word and figure of the other sheets means."""
    policy = facts.policy
    rows = [
        ("状态", f"{code} {policy.statuses.codes[code].name}", policy.basis(code)) for code in policy.statuses.order
    ]
    rows += [("接收组织", "按先后，首个合适的", text.format(group="所属群体")) for text in policy.hosts.rules.values()]
    rows += [("关联等级", CLASSES[code], text) for code, text in words("class_basis").items()]
    rows += [("提示", text, words("flag_basis").get(code, text)) for code, text in FLAGS.items()]
    rows += [("核查结果", answer, f"线索改为“{state}”") for answer, state in policy.leads.feedback.items()]
    rows += [("两个覆盖", name, text) for name, text in COVERAGE_BASIS.items()]
    rows.append(("打印", "一本账", "纸上只印前 13 栏，其余在屏幕上看；各表都可筛选；很长的名单按镇街分表，从目录点开"))
    rows.append(("规则版本", policy.version, "全部规则是数据，见 schemas/policy.toml 或本区自己的政策文件"))
    return plain_sheet("口径", "口径：各表用语与规则", ("类别", "名称", "说明"), rows)


COVERAGE_BASIS = {
    "应建": "同一单位正式党员满3名而无党支部，建议建立党支部；预备党员不计，两数都列",
    "联合组建": "不满3名的，同镇街同行业单位联合组建，一般不超过5家；再不足的派党建工作指导员",
    "从业人数": "能认出是同一人的只计一次；人次按记录计",
    "流动党员": "计入流动党员党支部，不在单位里重复计",
    "不计": "停止党籍、失联、已转出的不计入组建人数",
}
