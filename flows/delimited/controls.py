"""Text without the control characters that end a DOS file, pad a field or mark a byte order; each kind is named."""

from __future__ import annotations

import re

_EDGE = re.escape(",;|\t\r\n\"'，；^~\x01\x1e\x1f")
_PADDING = {sign: re.compile(f"{sign}+(?=[{_EDGE}]|$)|(?:(?<=[{_EDGE}])|^){sign}+") for sign in ("\x00", "\x1a")}
"""A sign that pads a cell or ends a file stands beside a delimiter, quote or line break; in a value text is lost."""
_RUN = {sign: re.compile(f"{sign}+") for sign in _PADDING}
_CALLED = {"\x00": "空字符（NUL）", "\x1a": " 0x1A（旧式文件结束符）"}
_MARK = re.compile("(?:(?<=[\r\n])|^)\ufeff+")
_MOST_EXAMPLES = 5


def without_controls(text: str) -> tuple[str, tuple[str, ...]]:
    """The text and a note per kind met: NUL and 0x1A at the edge of a cell go, within a value they are lost characters.

    A byte order mark at the head of a line is what joining files leaves; it goes without a note.
    """
    notes = []
    for sign, called in _CALLED.items():
        if sign in text:
            lines = _lines(text, sign)
            text = _PADDING[sign].sub("", text)
            within = f"；在字中间的{text.count(sign)}处按“□”读取，请核对原件" if sign in text else ""
            notes.append(f"{lines}有{called}，已略去{within}")
            text = _RUN[sign].sub("\ufffd", text)
    if "\ufeff" in text:
        text = _MARK.sub("", text)
    return text, tuple(notes)


def _lines(text: str, sign: str) -> str:
    numbers = [number for number, line in enumerate(re.split("\r\n|\n|\r", text), 1) if sign in line]
    return "第" + "、".join(map(str, numbers[:_MOST_EXAMPLES])) + ("等" if len(numbers) > _MOST_EXAMPLES else "") + "行"
