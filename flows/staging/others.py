"""One word per column whose cells are about somebody else: a contact, a parent, a sponsor, said in the row above."""

from __future__ import annotations

import re

from flows.staging.values.cells import Cell
from flows.staging.words import plain

_ABOVE = 2
_SOMEBODY_ELSE = re.compile(
    "紧急|配偶|父亲|母亲|父母|家属|亲属|监护|介绍人|联系人|担保|推荐人|子女|爱人|代办|经办|家长|家庭成员|社会关系|成员关系|车主|负责人|站长|队长"
)

_TITLE = re.compile(r"[表册单账]$|.{9}")


def others_above(rows: list[list[Cell]], header: tuple[int, int], own: str) -> dict[int, str]:
    """Column -> the word over it, for a header from one row to another.

    A row above its last counts where it groups columns: two different texts, or one to the right that is no title, and
    no `名目：内容`. A cell reaches right over blanks, since not every office merges. `own` holds what the source calls
    its people: 负责人 is somebody else to a platform, not to 市场监管. Without this an emergency contact would be read
    as a worker.
    """
    result: dict[int, str] = {}
    for row in rows[max(0, header[0] - _ABOVE) : header[1]]:
        texts = [plain(cell) if isinstance(cell, str) else "" for cell in row]
        if _groups(texts):
            result |= _reaching(texts, own)
    return result


def somebody_else(text: str) -> bool:
    """Whether a word over a column says that its cells are about somebody else."""
    return _SOMEBODY_ELSE.search(text) is not None


def _groups(texts: list[str]) -> bool:
    """Two different texts, or a short one that stands to the right and is no title of the sheet."""
    said = set(texts) - {""}
    if any(":" in text for text in said):
        return False
    return len(said) >= 2 or any(not texts[0] and not _TITLE.search(text) for text in said)


def _reaching(texts: list[str], own: str) -> dict[int, str]:
    result: dict[int, str] = {}
    over = ""
    for column, text in enumerate(texts):
        over = text or over
        if (word := _SOMEBODY_ELSE.search(over)) and word[0] not in own:
            result[column] = over
    return result
