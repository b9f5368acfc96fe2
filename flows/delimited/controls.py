"""Text without the control characters that end a DOS file, pad a field or mark a byte order; each kind is named."""

from __future__ import annotations

import re

_PADDING = re.compile("\x00+(?=[,;|\t\r\n\"']|$)|(?:(?<=[,;|\t\r\n\"'])|^)\x00+")
_NULS = re.compile("\x00+")
_END_OF_FILE = re.compile("(?:(?<=[\r\n])|^)\x1a+|\x1a+(?=[\r\n]|$)")
_MARK = re.compile("(?:(?<=[\r\n])|^)\ufeff+")
_SHOWN = 5


def without_controls(text: str) -> tuple[str, tuple[str, ...]]:
    """The text and a note per kind met: padding NULs go, a NUL within a value is a lost character.

    A byte order mark at the head of a line is what joining files leaves; it goes without a note.
    """
    notes = []
    if "\x00" in text:
        notes.append(f"{_lines(text, chr(0))}有空字符（NUL），已略去；在字中间的按“□”读取，请核对原件")
        text = _NULS.sub("\ufffd", _PADDING.sub("", text))
    if "\x1a" in text:
        notes.append(f"{_lines(text, chr(26))}有 0x1A（旧式文件结束符），已略去")
        text = _END_OF_FILE.sub("", text).replace("\x1a", "\ufffd")
    if "\ufeff" in text:
        text = _MARK.sub("", text)
    return text, tuple(notes)


def _lines(text: str, sign: str) -> str:
    numbers = [number for number, line in enumerate(re.split("\r\n|\n|\r", text), 1) if sign in line]
    return "第" + "、".join(map(str, numbers[:_SHOWN])) + ("等" if len(numbers) > _SHOWN else "") + "行"
