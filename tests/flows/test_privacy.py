"""What a run leaves behind: private to its owner, without a name, an ID or a phone of anybody, the drop untouched."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from tests.flows.command import sanzhao

pytestmark = pytest.mark.slow

_ID, _PHONE = re.compile(r"(?<!\d)\d{17}[\dXx]"), re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_NAME_HEADERS = {"姓名", "党员姓名", "司机姓名", "经营者", "法定代表人", "书记", "流动党员姓名"}
_WORDS = {"合计"}  # a total's label that stands in a name column


def sheets(drop: Path) -> Iterator[list[list[str]]]:
    for path in sorted(drop.rglob("*.*")):
        if path.suffix == ".csv":
            yield list(csv.reader(io.StringIO(_text(path.read_bytes()))))
        elif path.suffix == ".xlsx":
            book = CalamineWorkbook.from_path(path)
            for name in book.sheet_names:
                yield [[str(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()]


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


@pytest.fixture(scope="session")
def secrets(small_district: Path) -> tuple[set[str], set[str]]:
    """Every full ID and phone of the drop, and every clear name of two to four characters."""
    numbers, names = set(), set()
    for rows in sheets(small_district / "drop"):
        columns: list[int] = []
        for row in rows:
            numbers |= {found.upper() for cell in row for found in (*_ID.findall(cell), *_PHONE.findall(cell))}
            if found := [at for at, cell in enumerate(row) if cell in _NAME_HEADERS]:
                columns = found
                continue
            cells = (row[at].replace(" ", "") for at in columns if at < len(row))
            names |= {cell for cell in cells if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", cell)}
    assert (len(numbers) > 500, len(names) > 500) == (True, True)
    return numbers, names - _WORDS


def readable(home: Path) -> Iterator[tuple[Path, str]]:
    """Every file of the home but keys, as text; Parquet by its cells, workbooks by their parts."""
    for path in sorted(home.rglob("*")):
        if path.is_file() and path.parent.name != "keys":
            if path.suffix == ".parquet":
                rows = duckdb.sql("select * from read_parquet($path)", params={"path": str(path)}).fetchall()
                yield path, "\n".join(map(str, rows))
            elif path.suffix == ".xlsx":
                with zipfile.ZipFile(path) as book:
                    yield path, "\n".join(book.read(name).decode("utf-8", "ignore") for name in book.namelist())
            else:
                yield path, path.read_bytes().decode("utf-8", "ignore")


def test_nothing_left_behind_holds_a_name_an_id_or_a_phone(
    finished_home: Path, secrets: tuple[set[str], set[str]]
) -> None:
    numbers, names = secrets
    for path, text in readable(finished_home):
        if path.suffix == ".sealed":
            assert not any(number in text for number in sorted(numbers)[:200]), path
            continue
        assert not {found.upper() for found in (*_ID.findall(text), *_PHONE.findall(text))} & numbers, path
        pieces = {text[at : at + size] for size in (2, 3, 4) for at in range(len(text))}
        assert not pieces & names, path


def test_everything_under_the_home_is_for_its_owner_only(finished_home: Path) -> None:
    modes = {path.relative_to(finished_home): path.stat().st_mode & 0o777 for path in finished_home.rglob("*")}
    wrong = {
        str(name): oct(mode)
        for name, mode in modes.items()
        if mode != (0o700 if (finished_home / name).is_dir() else 0o600)
    }
    assert wrong == {}


def test_a_run_neither_touches_the_drop_nor_leaves_anything_in_the_temporary_folder(
    drop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    before = _state(drop)
    assert sanzhao("run", "--home", tmp_path / "home", "--drop", drop).code in (0, 3)
    assert _state(drop) == before
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_refused_run_destroys_its_workspace_and_leaves_the_proof(home: Path, drop: Path) -> None:
    for path in (drop / "party_members").glob("*.*"):
        if path.suffix != ".toml":
            path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    assert sanzhao("run", "--home", home, "--drop", drop, "--as-of", "2026-11-20").code == 1
    newest = max((home / "runs").iterdir())
    assert {path.name for path in newest.iterdir()} == {"run.json", "destruction.json"}


def _state(folder: Path) -> dict[str, tuple[str, int]]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in files}
