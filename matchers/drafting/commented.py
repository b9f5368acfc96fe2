"""A drafted model as a file: the TOML of any model, with a Chinese remark on every line that a person may change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tomlkit

from matchers.drafting.draft import Draft
from matchers.model.link_model import KINDS, LevelWeight
from matchers.training.report import model_text
from schemas.words import words

_HEAD = {
    "name": "模型的名字",
    "version": "版本，改动后自己加一",
    "prior": "左表大约有多大份额的行在右表有伙伴；由两张表估计，训练时重学",
    "link_probability": "到这个概率就关联；要更稳妥就调高",
    "review_probability": "到这个概率交人核对，再低就不列",
    "margin_bits": "第二个可能与第一个相差不到这么多比特，不由机器挑，交人核对",
    "unique": "这一边一个人只有一行（几乎没有完全相同的行）；不是这样就删去",
    "max_pairs": "一条分组规则最多产生多少对，超过就点名拒绝",
    "max_pair_bytes": "留下的对子最多占多少字节内存",
    "shared_from_names": "一个号码旁边有这么多不同的姓名，就谁的也不是",
}
_SECTIONS = {
    "columns": "比较哪些列，各是什么样的列（种类见《比对与模型文件》）",
    "blocking": "哪两行值得一比：满足任何一条就比。由两张表选出",
    "comparisons": "",
    "implied": "证件号里也有的列：空着时从那里取，两边证件号都显示时不重复计",
    "aliases": "这一列在表里的表头",
}
_NEAR_TEXT = "很像"
_TERM_FREQUENCY = "碰巧一致的机会逐值计数，常见的值分值低"


def draft_text(draft: Draft) -> str:
    """The model file. The same draft gives the same bytes."""
    body = tomlkit.parse(model_text(draft.model))
    document = tomlkit.document()
    for line in _heading(draft):
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    for key, value in body.items():
        if key in _SECTIONS or value in ([], {}):
            continue
        document.add(key, value)
        if key in _HEAD:
            document[key].comment(_HEAD[key])
    sections = {"columns": _columns, "aliases": _aliases, "implied": _implied, "blocking": _blocking}
    for name, made in sections.items():
        rows = list(made(draft))
        if rows:
            document.add(name, _section(name, rows))
    document.add("comparisons", _comparisons(draft, body["comparisons"]))
    return tomlkit.dumps(document)


def _heading(draft: Draft) -> Iterator[str]:
    left, right = draft.rows
    rows = f"左表 {left:,} 行、右表 {right:,} 行" if right else f"一张表 {left:,} 行"
    yield f"由 sanzhao model 从{rows}起草。没有用真值，先用 sanzhao train 学分值，看过说明再用。"
    asides = (("左表" if right else "", draft.pairing.left_aside), ("右表", draft.pairing.right_aside))
    for side, columns in asides:
        for column in columns:
            yield f"没有用{side}的 {_on_a_line(column.header)}：{column.because}"


def _on_a_line(text: str) -> str:
    return " ".join(text.split())


def _section(name: str, rows: list[tuple[str, Any, str]]) -> Any:
    table = tomlkit.table()
    table.comment(_SECTIONS[name])
    for key, value, remark in rows:
        table.add(key, value)
        table[key].comment(remark)
    return table


def _columns(draft: Draft) -> Iterator[tuple[str, Any, str]]:
    for name, pair in zip(draft.headers, draft.pairing.paired, strict=True):
        filled = f"左表填了 {pair.left.column.filled:.0%}、右表 {pair.right.column.filled:.0%}"
        if pair.left is pair.right:
            filled = f"填了 {pair.left.column.filled:.0%}"
        recognised = dict.fromkeys((pair.left.because, pair.right.because))
        yield name, draft.model.columns[name], f"{'；'.join(recognised)}；{filled}"


def _aliases(draft: Draft) -> Iterator[tuple[str, Any, str]]:
    because = dict(zip(draft.headers, draft.pairing.paired, strict=True))
    for name, headers in draft.model.aliases.items():
        yield name, list(headers), because[name].because


def _implied(draft: Draft) -> Iterator[tuple[str, Any, str]]:
    for name, source in draft.model.implied.items():
        yield name, source, "证件号里也有"


def _blocking(draft: Draft) -> Iterator[tuple[str, Any, str]]:
    for candidate in draft.rules.candidates:
        if candidate.chosen:
            yield (
                candidate.rule,
                list(candidate.keys),
                f"约 {candidate.pairs:,} 对，估计找到 {candidate.recall:.1%}，少了它会漏 {candidate.lost:.1%}",
            )


def _comparisons(draft: Draft, body: Any) -> Any:
    """One table per column, one inline table per level, the closest first."""
    level_words = words("levels")
    whole = tomlkit.table(is_super_table=True)
    for column, levels in draft.model.comparisons.items():
        table = tomlkit.table()
        table.comment("m：真对里落在这一级的份额；u：碰巧落在这一级的份额")
        for name, weight in levels.items():
            inline = tomlkit.inline_table()
            inline.update(body[column][name])
            table.add(name, inline)
            word = (
                _NEAR_TEXT if (name, draft.model.columns[column]) == ("near", "text") else level_words.get(name, name)
            )
            table[name].comment(f"{word}：{_remark(draft, column, name, weight)}")
        whole.add(column, table)
    return whole


def _remark(draft: Draft, column: str, name: str, weight: LevelWeight) -> str:
    if name in KINDS[draft.model.columns[column]].against and weight.m < 0.5:
        return "不利于是同一个"
    return _TERM_FREQUENCY if isinstance(weight.u, str) else "碰巧一致的机会由随机抽的两行估计"
