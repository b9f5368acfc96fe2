"""One set of facts per worksheet of an .xlsx package, looked up before the reader opens it: is it safe, what is hidden.

The reader allocates the whole rectangle between the outermost cells, copies a shared string into every cell that
names it, and aborts the process when memory runs out; so the parts are looked through first, in pieces. What a sheet
says of its own dimension, and an archive of its members' sizes, proves nothing.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

from flows.staging.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_TEXT
from flows.staging.numberformats import ZeroFormat, formatted_cells, zero_formats
from flows.staging.refusals import broken, not_a_table, password, too_large, too_wide

MAX_UNPACKED = 320 << 20
_PIECE = 8 << 20
_OTHER_PACKAGES = {
    "word/document.xml": "Word 文档",
    "ppt/presentation.xml": "演示文稿",
    "xl/workbook.bin": "二进制工作簿 .xlsb",
    "content.xml": "OpenDocument 文件",
}
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_SINCE_1904 = re.compile(rb"""<(?:\w+:)?workbookPr\b[^>]*?\sdate1904\s*=\s*["'](?:1|true|on)["']""")
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\b(?=[^>]*?\bhidden\s*=\s*["'](?:1|true))[^>]*?\br\s*=\s*["']([0-9]{1,7})""")
_UNSAVED = re.compile(rb"<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>\s*|<v>\s*</v>\s*)?</c>")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,9})([0-9]{1,12})""")
_CELL = re.compile(rb"([A-Z]{0,9})([0-9]{0,12})")
_BLANK = re.compile(rb"<(?:\w+:)?c\b[^>]*/>|<(?:\w+:)?c\b[^>]*>\s*</(?:\w+:)?c>")
_BLANK_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*/>|<(?:\w+:)?row\b[^>]*>\s*</(?:\w+:)?row>")
_INDEX = re.compile(rb"<(?:\w+:)?v\b[^>]*>\s*([0-9]{1,8})\s*<")
DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError,
    RuntimeError, KeyError, IndexError,
)  # fmt: skip


@dataclass
class SheetFacts:
    """What one worksheet's text shows: its extent, hidden rows, formulas, formulas whose result was not saved.

    `rounded` says that long numbers are written as LibreOffice does (E+017), rounded to fifteen digits; Excel cuts off.
    """

    last: int = 0
    widest: int = 0
    cells: int = 0
    hidden: set[int] = field(default_factory=set)
    formulas: int = 0
    unsaved: int = 0
    rounded: bool = False
    zeros: dict[tuple[int, int], ZeroFormat] = field(default_factory=dict)
    """Cells under a number format that shows zeros before a number, by (row, column) from 0."""


@dataclass(frozen=True)
class PackageFacts:
    """Facts of the sheets in workbook order, and what else the package carries that is never followed or run."""

    sheets: tuple[SheetFacts, ...]
    notes: tuple[str, ...]
    since_1904: bool = False
    """Serial numbers of days count from 1904."""


def look_through(data: bytes, where: str) -> PackageFacts:
    """The facts of a workbook package. Raises InputError when it is none, is damaged, or would not fit in memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_members(package, where)
            names = _sheet_parts(package)
            result = {name: _sheet(package, name, where) for name in package.namelist() if _is_sheet(name)}
            _check_strings(package, result, where)
            _find_zeros(package, result)
            sheets = tuple(result.get(name, SheetFacts()) for name in names)
            return PackageFacts(sheets, _notes(package.namelist()), _since_1904(package))
    except DAMAGED:
        raise broken(where) from None


def _check_members(package: zipfile.ZipFile, where: str) -> None:
    entries = package.infolist()
    names = [entry.filename for entry in entries]
    if "EncryptedPackage" in names:
        raise password(where)
    if "xl/workbook.xml" not in names:
        kind = next((kind for name, kind in _OTHER_PACKAGES.items() if name in names), "压缩包")
        raise not_a_table(kind, where)
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise too_large(MAX_UNPACKED, where)
    if len(set(names)) != len(names):
        raise broken(where)
    for name in names:
        if name.startswith("xl/") and not _is_sheet(name) and name.endswith((".xml", ".rels")):
            for _ in _pieces(package, name):  # a member that is not what its directory entry says fails here
                pass


def _find_zeros(package: zipfile.ZipFile, sheets: dict[str, SheetFacts]) -> None:
    """Look the sheets through once more where the workbook has number formats of zeros at all."""
    if "xl/styles.xml" not in package.namelist():
        return
    formats = zero_formats(package.read("xl/styles.xml"))
    for name, facts in sheets.items() if formats else ():
        facts.zeros = formatted_cells(_pieces(package, name), formats)


def _since_1904(package: zipfile.ZipFile) -> bool:
    return _SINCE_1904.search(package.read("xl/workbook.xml")) is not None


def _is_sheet(name: str) -> bool:
    return re.fullmatch(r"xl/worksheets/[^/]+\.xml", name) is not None


def _notes(names: list[str]) -> tuple[str, ...]:
    notes = []
    if any(name.endswith("vbaProject.bin") for name in names):
        notes.append("文件含宏，未运行")
    if any(name.startswith("xl/externalLinks/") for name in names):
        notes.append("文件含外部链接，未访问")
    return tuple(notes)


def _pieces(package: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A member's text in pieces that each begin with a tag, so that no cell is cut in two."""
    rest = b""
    with package.open(name) as member:
        while piece := member.read(_PIECE):
            piece = rest + piece
            cut = piece.rfind(b"<c ") if len(piece) >= _PIECE else -1
            cut = cut if cut > 0 else max(piece.rfind(b"<"), 0)
            rest = piece[cut:] if len(piece) - cut < _PIECE else b""
            yield piece[:cut] if rest else piece
    yield rest


def _sheet(package: zipfile.ZipFile, name: str, where: str, *, with_blanks: bool = True) -> SheetFacts:
    """The facts of one sheet; one that seems too large is looked at again, exactly, without cells of a format alone."""
    facts = SheetFacts()
    for whole in _pieces(package, name):
        piece = whole if with_blanks else _BLANK_ROW.sub(b"", _BLANK.sub(b"", whole))
        _extend(facts, _plain_references(piece) if with_blanks else None, piece)
        if b"hidden" in whole:
            facts.hidden.update(map(int, _HIDDEN_ROW.findall(whole)))
        facts.rounded = facts.rounded or b"E+017<" in piece
        if b"<f" in piece:
            facts.formulas += piece.count(b"<f>") + piece.count(b"<f ")
            facts.unsaved += len(_UNSAVED.findall(piece))
        if facts.last > MAX_ROWS or facts.widest > MAX_COLUMNS or facts.last * facts.widest > MAX_CELLS:
            if with_blanks:
                return _sheet(package, name, where, with_blanks=False)
            raise too_wide(where, f"最远到第{facts.last}行、第{facts.widest}列")
    return facts


def _extend(facts: SheetFacts, result: npt.NDArray[np.uint8] | None, piece: bytes) -> None:
    """Take the outermost cell of a piece into account, by its plain references or else by its text."""
    if result is None:
        references = _REFERENCE.findall(piece)
        facts.cells += len(references)
        facts.last = max(facts.last, *(int(digits) for _, digits in references), 0)
        facts.widest = max(
            facts.widest, *(_column_number(letters) for letters in {entry for entry, _ in references}), 0
        )
        return
    facts.cells += len(result)
    if len(result):
        row, column = _farthest(result)
        facts.last, facts.widest = max(facts.last, row), max(facts.widest, column)


def _farthest(result: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """The greatest row and column of references `AB123"`; up to Z99999, which always fits, only at its most."""
    letters = (result >= 65) & (result <= 90)
    length = np.where(result == 34, 1, 0).argmax(axis=1)
    far = result[letters[:, 1] | (length > 5 + letters[:, 0]) | (length == 0)]
    if not len(far):
        return 99_999, 26
    text = far.tobytes()
    width = result.shape[1]
    matches = [_CELL.match(text, start) for start in range(0, len(text), width)]
    rows = max(int(match[2] or 0) for match in matches if match)
    return max(rows, 99_999), max(26, *{_column_number(match[1]) for match in matches if match})


def _plain_references(piece: bytes) -> npt.NDArray[np.uint8] | None:
    """The twelve bytes behind every ` r="`, a row each; null where the text is not written the usual way."""
    text = np.frombuffer(piece, np.uint8)
    equals = np.flatnonzero(text == 61)
    equals = equals[(equals > 1) & (equals < len(text) - 1)]
    if (text[equals + 1] != 34).any() or (text[equals - 1] <= 32).any():
        return None
    result = equals[(text[equals - 1] == 114) & (text[equals - 2] <= 32)]
    padded = np.concatenate([text, np.zeros(14, np.uint8)])
    twelve = np.ndarray(len(text), "V12", padded.data, offset=2, strides=(1,))
    kept: npt.NDArray[np.uint8] = twelve[result].view(np.uint8).reshape(-1, 12)
    return kept


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_strings(package: zipfile.ZipFile, sheets: dict[str, SheetFacts], where: str) -> None:
    """Refuse a workbook whose shared strings, written out in every cell that names them, would not fit in memory."""
    name = "xl/sharedStrings.xml"
    if name not in package.namelist():
        return
    lengths = np.array([len(part) for part in package.read(name).split(b"<si")[1:]] or [0], np.int64)
    if int(lengths.max()) * sum(facts.cells for facts in sheets.values()) <= MAX_TEXT:
        return
    total = 0
    for part in chain.from_iterable(_pieces(package, sheet) for sheet in sheets):
        named = np.array(_INDEX.findall(part), np.int64) if b"<" in part else np.empty(0, np.int64)
        total += int(lengths[named[named < len(lengths)]].sum())
    if total > MAX_TEXT:
        raise too_large(MAX_TEXT, where)


def _sheet_parts(package: zipfile.ZipFile) -> list[str]:
    """The part of every sheet, in the order of the workbook."""
    try:
        relations = package.read("xl/_rels/workbook.xml.rels")
    except KeyError:
        return []
    targets = {_attribute(tag, "Id"): _attribute(tag, "Target") for tag in _RELATION.findall(relations)}
    ids = [_attribute(tag, r"\w+:id") for tag in _SHEET.findall(package.read("xl/workbook.xml"))]
    return [_part(targets.get(entry, "")) for entry in ids]


def _part(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _attribute(tag: bytes, name: str) -> str:
    match = re.search(rf"""\s{name}\s*=\s*["']([^"']*)["']""", tag.decode("utf-8", "replace"))
    return html.unescape(match[1]) if match else ""
