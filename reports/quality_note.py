"""One page per department on the quality of what it sent: offline HTML, counts only, no value of anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from reports.damage import INSIDE_THE_PARTY, OTHER, RULE_TITLES, complaints, damages
from schemas.drift import SourceQuality

_STYLE = """
@page{size:A4;margin:14mm}body{font:14px/1.5 "Noto Sans CJK SC","Microsoft YaHei",SimSun,sans-serif;color:#222;
max-width:190mm;margin:8mm auto;padding:0 6mm}h1{font-size:20px;margin:0 0 2px}h2{font-size:16px;margin:14px 0 4px;
border-left:4px solid #8a1f1f;padding-left:6px}h3{font-size:14px;margin:8px 0 2px}p,ul{margin:2px 0 6px}
table{border-collapse:collapse;width:100%;margin:2px 0 8px}th,td{border:1px solid #bbb;padding:2px 6px;text-align:left}
th{background:#f2f2f2}td.n{text-align:right;white-space:nowrap}.bad{color:#8a1f1f}.small{color:#666;font-size:12px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:10px}tr{break-inside:avoid}
"""
_BAD_FILL = 0.5
_MOST_SHOWN = 12


@dataclass(frozen=True)
class SourceNote:
    """One source of a department: its figures tonight and last time, its words, and what the readers said."""

    title: str
    is_inside: bool
    """Whether the sender is a Party office; other sheets never print the word."""
    quality: SourceQuality
    previous: SourceQuality | None
    fields: dict[str, str]
    """Field name: title."""
    absent: frozenset[str] = frozenset()
    """Names of fields that no file has a column for."""
    dropped: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Titles of important fields that no column of some file was known for."""
    unknown: tuple[str, ...] = ()
    """Header texts that mean no field."""
    messages: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    """Files of whose rows the trade is unknown or spoken against."""
    questions: tuple[str, ...] = ()
    """What only the sender can say: unknown words, entries that contradict each other, files that did not come."""


def quality_note(department: str, as_of: date, sources: Sequence[SourceNote]) -> str:
    """The page of one department."""
    body = "".join(_source(source) for source in sources)
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>数据质量说明</title>'
        f"<style>{_STYLE}</style></head><body><h1>数据质量说明</h1>"
        f"<p>{escape(department)}　数据日期 {as_of.isoformat()}　"
        "<span class='small'>内部资料，只有计数，不含个人信息</span></p>"
        f"{body}{_again(sources)}</body></html>\n"
    )


def _source(note: SourceNote) -> str:
    return "".join(
        (
            f"<h2>{escape(note.title)}</h2>",
            _rows(note),
            _mend(note),
            f"<div class='two'><div><h3>各栏填写率</h3>{_fill(note)}</div>",
            f"<div><h3>问题（按种类）</h3>{_kinds(note)}</div></div>",
            _lines("请核实并答复", note.questions),
            _lines("看不准行业的文件", note.trades),
            _lines("未读取的文件", note.messages),
            _lines("没有认出的栏目", _missing(note)),
            _lines("与上次相比", note.findings),
            _lines("不在约定范围、已丢弃的列", ("、".join(note.dropped),) if note.dropped else ()),
        )
    )


def _missing(note: SourceNote) -> list[str]:
    """Important fields without a column, and the columns that may be them."""
    titles = [title for title in note.missing if note.is_inside or not any(word in title for word in INSIDE_THE_PARTY)]
    if not titles:
        return []
    lines = [f"{'、'.join(titles)}：有的文件里没有这样的列名"]
    if note.unknown:
        lines.append(f"不认识的列：{'、'.join(note.unknown[:_MOST_SHOWN])}；其中若有，请改用约定的列名")
    return lines


def _rows(note: SourceNote) -> str:
    """Rows tonight beside last time."""
    new, old = note.quality, note.previous
    header = ("", "行数", "读取", "退回", "退回率", "空行、合计等", "文件", "未读取的文件")
    lines = [("本次", *_counts(new))]
    if old:
        lines.append((f"上次（{old.as_of.isoformat()}）", *_counts(old)))
        names = ("rows_in", "accepted", "quarantined")
        moved = [f"{getattr(new, name) - getattr(old, name):+,}" for name in names]
        lines.append(("增减", *moved, "", "", f"{len(new.files) - len(old.files):+}", ""))
    return _table(header, lines)


def _counts(quality: SourceQuality) -> tuple[str, ...]:
    share = quality.quarantined / quality.rows_in if quality.rows_in else 0.0
    numbers = (quality.rows_in, quality.accepted, quality.quarantined)
    rest = (f"{quality.passed_over:,}", str(len(quality.files)), str(quality.refused_files))
    return (*(f"{number:,}" for number in numbers), f"{share:.1%}", *rest)


def _fill(note: SourceNote) -> str:
    """Fill rate per field with its change; fields never filled come last."""
    shown = [
        (name, title)
        for name, title in note.fields.items()
        if note.is_inside or not any(word in title for word in INSIDE_THE_PARTY)
    ]
    lines = []
    for name, title in shown:
        now, was = _share(note.quality, name), _share(note.previous, name)
        moved = f"{(now - was) * 100:+.1f}" if now is not None and was is not None else ""
        lines.append((title, _filled(now, absent=name in note.absent), moved if moved not in ("+0.0", "-0.0") else ""))
    return _table(("栏目", "填写率", "比上次（百分点）"), lines)


def _filled(share: float | None, *, absent: bool) -> str:
    """How much of a column is filled; one that no file has is said to be absent, one in which nothing stands empty."""
    if absent and not share:
        return "没有这一栏"
    return "—" if share is None else "全空" if share == 0 else f"{share:.1%}"


def _share(quality: SourceQuality | None, field: str) -> float | None:
    return quality.filled.get(field, 0) / quality.accepted if quality and quality.accepted else None


def _kinds(note: SourceNote) -> str:
    """Damage by kind, rows sent back first; harmless spellings in one line."""
    now, was = _by_title(note.quality), _by_title(note.previous) if note.previous else {}
    order = sorted(now, key=lambda title: (title == OTHER, -now[title], title))[: _MOST_SHOWN + 1]
    lines = [
        (title, f"{now[title]:,}", f"{now[title] - was.get(title, 0):+,}" if note.previous else "") for title in order
    ]
    return _table(("种类", "处", "比上次"), lines) if lines else "<p>没有发现问题。</p>"


def _by_title(quality: SourceQuality) -> dict[str, int]:
    found: dict[str, int] = {}
    for rule, count in quality.sent_back.items():
        title = "退回：" + RULE_TITLES.get(rule, "不合约定的行")
        found[title] = found.get(title, 0) + count
    return found | complaints(quality.damage)


def _mend(note: SourceNote) -> str:
    """What to do, the most frequent first."""
    advice: dict[str, int] = {}
    for kind in _known(note):
        if mend := damages()[kind].mend:
            advice[mend] = advice.get(mend, 0) + note.quality.damage[kind]
    missing = _to_complete(note)
    lines = [f"{mend}（{count:,} 处）" for mend, count in sorted(advice.items(), key=lambda one: (-one[1], one[0]))[:6]]
    if missing:
        lines.insert(0, f"补齐退回的 {missing:,} 行（见退回的表）")
    empty = [title for name, title in note.fields.items() if (share := _share(note.quality, name)) is not None
             and (was := _share(note.previous, name)) is not None and was >= _BAD_FILL > share]  # fmt: skip
    lines += [f"“{title}”一栏比上次少了一半以上，请核对导出" for title in empty]
    return _lines("请改正", lines or ["没有需要改正的。"])


def _again(sources: Sequence[SourceNote]) -> str:
    """How to send the files again, where there is anything to mend in their rows."""
    marked = any(_to_complete(note) or any(damages()[kind].mark for kind in _known(note)) for note in sources)
    text = "需要改正的行已在退回的表里标色并写明原因；改正后请整份重新报送。"
    return f"<p class='small'>{text}</p>" if marked else ""


def _known(note: SourceNote) -> list[str]:
    return [kind for kind in note.quality.damage if kind in damages()]


def _to_complete(note: SourceNote) -> int:
    """Rows that were sent back for what they lack."""
    return sum(count for rule, count in note.quality.sent_back.items() if rule != "no_consent")


def _lines(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines if line)
    return f"<h3>{escape(title)}</h3><ul>{items}</ul>" if items else ""


def _table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td{' class=n' if at else ''}>{escape(cell)}</td>" for at, cell in enumerate(line)) + "</tr>"
        for line in lines
    )
    return f"<table><tr>{head}</tr>{body}</table>"
