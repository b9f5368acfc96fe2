"""What a command took the columns of a table for, in one line for whoever reads its output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matchers.model.link_model import LinkModel

_KINDS = {
    "person_name": "姓名", "chinese_name": "姓名", "resident_id": "身份证号", "masked_id": "身份证号",
    "phone": "手机号", "phones": "手机号", "date": "日期", "partial_date": "日期", "sex": "性别", "text": "文字",
    "category": "类别", "number": "数", "event_date": "日期", "token_set": "词", "organisation_name": "单位名称",
}  # fmt: skip

_LIKE_A_NUMBER = re.compile(r"编号|工号|序号|^id$|_id$|ID$|_no$|^no$")


def understood(side: str, names: Sequence[str], model: LinkModel, id_column: str) -> str:
    """One line per table: each column of the model with the table's header it is read from, and what is left aside."""
    read: dict[str, str] = {}
    for column in model.columns:
        result = (
            column
            if column in names
            else next((entry for entry in model.aliases.get(column, ()) if entry in names), None)
        )
        if result is not None:
            read[result] = kind_word(model.columns[column]) + (f"（{column}）" if result != column else "")
    aside = [name for name in names if name not in read and name != id_column]
    absent = [column for column in model.columns if column not in read and not _is_read_as(column, read, model)]
    parts = [f"{side}：" + ("，".join(f"{name}当作{kind}" for name, kind in read.items()) or "没有认出模型的列")]
    if id_column in names:
        parts.append(f"编号列 {id_column}")
    elif like := [name for name in aside if _LIKE_A_NUMBER.search(name)]:
        parts.append(f"没有编号列 {id_column}，像编号的有 {'、'.join(like)}")
    parts += [f"没有 {'、'.join(absent)}"] if absent else []
    parts += [f"不用 {'、'.join(aside)}"] if aside else []
    return "；".join(parts)


def kind_word(kind: str) -> str:
    """The Chinese word of a kind of column."""
    return _KINDS.get(kind, kind)


def _is_read_as(column: str, read: dict[str, str], model: LinkModel) -> bool:
    """Whether an alias of the column was read for it."""
    return any(alias in read for alias in model.aliases.get(column, ()))
