"""One text per file, whatever its encoding; bytes that cannot be read are shown as lost, with their lines."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from schemas.errors import InputError
from schemas.rules import Rule

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE, _FIRST, _MOST_LOST = 65_536, 65_536, 1000
_HIGH = re.compile(rb"[\x80-\xff]+")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
CUT = "文件末行不完整，可能在传送中被截断，请与提供方核对行数"


@dataclass(frozen=True)
class Decoded:
    """A file's text without its byte order mark, the encoding it was read in, and a note on what was lost."""

    text: str
    encoding: str
    note: str | None = None


def decode(data: bytes, where: str) -> Decoded:
    """The text of a file. Raises InputError when it is not text."""
    for encoding in _encodings(data):
        result = _mended(data, encoding) or _decoded(data, encoding)
        if result is not None:
            return result
    raise InputError(
        "认不出文字编码，或不是表格文件",
        where=where,
        rule=Rule.UNREADABLE_TEXT,
        action="另存为 .xlsx 或 UTF-8 的 .csv 后重投",
    )


def _encodings(data: bytes) -> tuple[str, ...]:
    """What the bytes may be, most likely first."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return (encoding,)
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 50 >= len(sample) and max(even, odd) > 4 * min(even, odd):
        return ("utf-16-be",) if even > odd else ("utf-16-le",)
    return ("utf-8", "cp1252", "latin-1") if _is_western(data) else ("utf-8", "big5", "gb18030")


def _is_western(data: bytes) -> bool:
    """Accented letters stand alone between plain ones; the bytes of Chinese text come in pairs."""
    runs = [len(run) for run in _HIGH.findall(data[: _SAMPLE * 4])]
    return bool(runs) and sum(length == 1 for length in runs) * 2 > len(runs)


def _is_big5(data: bytes) -> bool:
    """Whether nearly every pair is a frequent character of Big5 (A4-C6) and far fewer are of GB 2312 (B0-D7)."""
    pairs = _PAIR.findall(data[: _SAMPLE * 4])
    frequent = sum(0xA4 <= pair[0] <= 0xC6 for pair in pairs)
    plain = sum(0xB0 <= pair[0] <= 0xD7 and pair[1] >= 0xA1 for pair in pairs)
    return len(pairs) >= 8 and frequent * 10 >= len(pairs) * 9 and plain * 10 < len(pairs) * 6


def _decoded(data: bytes, encoding: str) -> Decoded | None:
    if encoding == "big5" and not _is_big5(data):
        return None
    decoder = codecs.getincrementaldecoder("big5hkscs" if encoding == "big5" else encoding)()
    try:
        text = decoder.decode(data)
    except UnicodeError:
        return None
    if not _is_text(text):
        return None
    return Decoded(text.removeprefix("\ufeff"), encoding, CUT if decoder.getstate()[0] else None)


def _mended(data: bytes, encoding: str) -> Decoded | None:
    """The text with a few damaged bytes, each shown as lost; UTF-8 first, or GB18030 would misread it."""
    if encoding not in ("utf-8", "gb18030"):
        return None
    if data[:_FIRST].decode(encoding, "replace").count("\ufffd") > _MOST_LOST + 1:  # one may be the cut itself
        return None
    text = data.decode(encoding, "replace")
    lost, sample = text.count("\ufffd"), text[:200_000]
    if lost == 0 or lost > _MOST_LOST or lost * 20 > len(sample) - len(sample.encode("ascii", "ignore")):
        return None
    if (text.endswith("\ufffd") and lost == 1) or not _is_text(text):
        return None
    return Decoded(text.removeprefix("\ufeff"), encoding, f"{_lines_of(text)}有{lost}处坏字符，按“□”读取，请核对原件")


def _lines_of(text: str) -> str:
    """`第3、7行`: the lines of a text with a lost character, the first five."""
    numbers = [number for number, line in enumerate(re.split("\r\n|\n|\r", text), 1) if "\ufffd" in line]
    return "第" + "、".join(map(str, numbers[:5])) + ("等" if len(numbers) > 5 else "") + "行"


def _is_text(text: str) -> bool:
    sample = text[:_SAMPLE]
    strange = sum(1 for character in sample if character < " " and character not in "\t\r\n\x00\x01\x0b\x0c\x1a")
    return sample.count("\x00") * 4 <= len(sample) and strange * 200 <= len(sample)
