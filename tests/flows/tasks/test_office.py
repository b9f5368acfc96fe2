"""Sheets through a real office program: shuffled, cut, edited, saved as .xlsx, .xls and .csv, and read back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from flows.home.folders import Home
from reports.tasks.receipt import ACCEPTED, KNOWN
from tests.flows.tasks.conftest import Sheet, ends, take

pytestmark = pytest.mark.slow


def saved_by_office(path: Path, kind: str, folder: Path) -> Path:
    """The file as LibreOffice saves it."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(folder / "office"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / "office" / f"{path.stem}.{kind.partition(':')[0]}"


def test_a_sheet_saved_by_an_office_program_comes_back_whole(
    place: Home, sheets: list[Path], sheet: Sheet, tmp_path: Path
) -> None:
    assert shutil.which("soffice"), "apt-get install libreoffice-calc-nogui (make test does)"
    for row, result in enumerate(("属实", "非本人", "联系不上")):
        sheet.fill(row, result)
    wanted = {sheet.number(row) for row in range(3)}
    sheet.rows.sort(key=lambda row: str(row[sheet.at("校验码")]))
    for name in ("序号", "手机", "线索依据"):
        at = sheet.at(name)
        sheet.header.pop(at)
        for line in sheet.rows:
            line.pop(at)
    edited = sheet.save(tmp_path / "交回.xlsx")
    old = saved_by_office(edited, "xls:MS Excel 97", tmp_path)
    assert old.read_bytes()[:4] == b"\xd0\xcf\x11\xe0"
    assert {number for number, what in ends(take(place, old)).items() if what == ACCEPTED} == wanted
    assert take(place, saved_by_office(edited, "xlsx:Calc MS Excel 2007 XML", tmp_path)).count(KNOWN) == 3
    text = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    saved_by_office(edited, text, tmp_path)
    (csv,) = (tmp_path / "office").glob("*.csv")
    assert take(place, csv).count(KNOWN) == 3


def test_our_own_sheet_opens_and_is_saved_with_its_identifiers_as_text(sheets: list[Path], tmp_path: Path) -> None:
    again = Sheet.read(saved_by_office(sheets[0], "xlsx:Calc MS Excel 2007 XML", tmp_path))
    first = Sheet.read(sheets[0])
    assert [again.number(row) for row in range(len(first.rows))] == [
        first.number(row) for row in range(len(first.rows))
    ]
    assert all(isinstance(row[first.at("校验码")], str) for row in again.rows)
