"""One page per department on the quality of what it sent: offline HTML, counts only, no value of anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reports.damage import INSIDE_THE_PARTY, OTHER, RULE_TITLES, complaints, damages
from reports.templates import rendered, style
from schemas.drift import SourceQuality

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


@dataclass(frozen=True)
class _Grid:
    """A table of the page."""

    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class _Part:
    """What the page shows of one source: three tables and titled lists, of which empty ones are left out."""

    title: str
    rows: _Grid
    mend: list[str]
    fill: _Grid
    kinds: _Grid
    lists: dict[str, Sequence[str]]


def quality_note(department: str, as_of: date, sources: Sequence[SourceNote]) -> str:
    """The page of one department."""
    return rendered(
        "quality_note.html", department=department, as_of=as_of.isoformat(),
        parts=[_part(source) for source in sources],
        again=_again(sources), style=style("quality_note.css"),
    )  # fmt: skip


def _part(note: SourceNote) -> _Part:
    lists: dict[str, Sequence[str]] = {
        "请核实并答复": note.questions,
        "看不准行业的文件": note.trades,
        "未读取的文件": note.messages,
        "没有认出的栏目": _missing(note),
        "与上次相比": note.findings,
        "不在约定范围、已丢弃的列": ("、".join(note.dropped),) if note.dropped else (),
    }
    return _Part(note.title, _rows(note), _mend(note), _fill(note), _kinds(note), lists)


def _missing(note: SourceNote) -> list[str]:
    """Important fields without a column, and the columns that may be them."""
    titles = [title for title in note.missing if note.is_inside or not any(word in title for word in INSIDE_THE_PARTY)]
    if not titles:
        return []
    lines = [f"{'、'.join(titles)}：有的文件里没有这样的列名"]
    if note.unknown:
        lines.append(f"不认识的列：{'、'.join(note.unknown[:_MOST_SHOWN])}；其中若有，请改用约定的列名")
    return lines


def _rows(note: SourceNote) -> _Grid:
    """Rows tonight beside last time."""
    new, old = note.quality, note.previous
    header = ("", "行数", "读取", "退回", "退回率", "空行、合计等", "文件", "未读取的文件")
    lines = [("本次", *_counts(new))]
    if old:
        lines.append((f"上次（{old.as_of.isoformat()}）", *_counts(old)))
        names = ("rows_in", "accepted", "quarantined")
        moved = [f"{getattr(new, name) - getattr(old, name):+,}" for name in names]
        lines.append(("增减", *moved, "", "", f"{len(new.files) - len(old.files):+}", ""))
    return _Grid(header, lines)


def _counts(quality: SourceQuality) -> tuple[str, ...]:
    share = quality.quarantined / quality.rows_in if quality.rows_in else 0.0
    numbers = (quality.rows_in, quality.accepted, quality.quarantined)
    rest = (f"{quality.passed_over:,}", str(len(quality.files)), str(quality.refused_files))
    return (*(f"{number:,}" for number in numbers), f"{share:.1%}", *rest)


def _fill(note: SourceNote) -> _Grid:
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
    return _Grid(("栏目", "填写率", "比上次（百分点）"), lines)


def _filled(share: float | None, *, absent: bool) -> str:
    """How much of a column is filled; one that no file has is said to be absent, one in which nothing stands empty."""
    if absent and not share:
        return "没有这一栏"
    return "—" if share is None else "全空" if share == 0 else f"{share:.1%}"


def _share(quality: SourceQuality | None, field: str) -> float | None:
    return quality.filled.get(field, 0) / quality.accepted if quality and quality.accepted else None


def _kinds(note: SourceNote) -> _Grid:
    """Damage by kind, rows sent back first; harmless spellings in one line."""
    now, was = _by_title(note.quality), _by_title(note.previous) if note.previous else {}
    order = sorted(now, key=lambda title: (title == OTHER, -now[title], title))[: _MOST_SHOWN + 1]
    lines = [
        (title, f"{now[title]:,}", f"{now[title] - was.get(title, 0):+,}" if note.previous else "") for title in order
    ]
    return _Grid(("种类", "处", "比上次"), lines)


def _by_title(quality: SourceQuality) -> dict[str, int]:
    result: dict[str, int] = {}
    for rule, count in quality.sent_back.items():
        title = "退回：" + RULE_TITLES.get(rule, "不合约定的行")
        result[title] = result.get(title, 0) + count
    return result | complaints(quality.damage)


def _mend(note: SourceNote) -> list[str]:
    """What to do, the most frequent first."""
    advice: dict[str, int] = {}
    for kind in _known_damage(note):
        if mend := damages()[kind].mend:
            advice[mend] = advice.get(mend, 0) + note.quality.damage[kind]
    missing = _to_complete(note)
    lines = [
        f"{mend}（{count:,} 处）" for mend, count in sorted(advice.items(), key=lambda entry: (-entry[1], entry[0]))[:6]
    ]
    if missing:
        lines.insert(0, f"补齐退回的 {missing:,} 行（见退回的表）")
    empty = [title for name, title in note.fields.items() if (share := _share(note.quality, name)) is not None
             and (was := _share(note.previous, name)) is not None and was >= _BAD_FILL > share]  # fmt: skip
    lines += [f"“{title}”一栏比上次少了一半以上，请核对导出" for title in empty]
    return lines or ["没有需要改正的。"]


def _again(sources: Sequence[SourceNote]) -> bool:
    """Whether there is anything to mend in the rows of the files, which are then sent again."""
    return any(_to_complete(note) or any(damages()[kind].mark for kind in _known_damage(note)) for note in sources)


def _known_damage(note: SourceNote) -> list[str]:
    return [kind for kind in note.quality.damage if kind in damages()]


def _to_complete(note: SourceNote) -> int:
    """Rows that were sent back for what they lack."""
    return sum(count for rule, count in note.quality.sent_back.items() if rule != "no_consent")
