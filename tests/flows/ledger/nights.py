"""Many nights of one invented district, with incidents: outage, reversed judgement, new roll numbers, new model."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.store import Judged, opened_store
from flows.ledger.publish.read import Published, current_version, kept_version, kept_versions
from flows.ledger.publish.replay import apply_changes, ledger_schema
from flows.pipeline.driver import drive
from flows.pipeline.request import RunRequest
from reports.books import disagreements, views_of

Incident = Callable[["Play", Path], None]


@dataclass
class Play:
    """One home and what was done to it."""

    home: Home
    notes: list[str] = field(default_factory=list)
    judged: str = ""

    def night(self, folder: Path, incident: Incident | None = None) -> Published:
        """One night, its incident first."""
        drop = folder / "drop"
        if incident:
            incident(self, drop)
        day = date.fromisoformat(folder.name)
        drive(RunRequest(home=self.home, drop=drop, as_of=day, force_reason="三十晚的演练"))
        current = current_version(self.home, load_key(self.home))
        assert current is not None
        return current


def outage(source: str) -> Incident:
    """The source sends nothing tonight."""

    def away(_play: Play, drop: Path) -> None:
        shutil.rmtree(drop / source)

    return away


def judge(verdict: str) -> Incident:
    """A person's word on one waiting pair; the second time the same pair is judged the other way."""

    def said(play: Play, drop: Path) -> None:
        current = current_version(play.home)
        assert current is not None
        rows = current.table("review").to_pylist()
        row = next((row for row in rows if row["pair_id"] == play.judged), None) or next(
            row for row in rows if row["doubt"] != "duplicate_roll_entry" and row["levels"]
        )
        play.judged = play.judged or row["pair_id"]
        with opened_store(play.home) as store:
            store.judge(play.judged, Judged(verdict), "街道甲", date.fromisoformat(drop.parent.name))

    return said


def new_model(play: Play, _drop: Path) -> None:
    """From now on another version of the model, a little stricter."""
    text = (resources.files("matchers.models") / "person_cn.toml").read_text("utf-8")
    text = text.replace('version = "', 'version = "next-', 1)
    text, changed = re.subn(r"link_probability = 0\.\d+", "link_probability = 0.999", text)
    assert changed == 1
    (play.home.root / "model.toml").write_text(text, "utf-8")
    lines = play.home.config.read_text("utf-8").splitlines(keepends=True)
    others = [line for line in lines if not line.startswith("model = ")]
    play.home.config.write_text("".join(['model = "model.toml"\n', *others]), "utf-8")


def renumber(folders: list[Path]) -> Incident:
    """From now on the roll carries other numbers: every later night's files are written anew."""

    def numbered(_play: Play, _drop: Path) -> None:
        for folder in folders:
            for path in sorted((folder / "drop" / "party_members").iterdir()):
                if path.suffix == ".xlsx":
                    _renumber_workbook(path)
                elif path.suffix == ".csv":
                    _renumber_text(path)

    return numbered


def _renumbered(cell: str) -> str:
    return f"N7{cell[2:]}X" if cell.isdigit() and len(cell) == 10 and cell.startswith("5000") else cell


def _renumber_workbook(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.value = _renumbered(cell.value)
                elif isinstance(cell.value, int):
                    cell.value = _renumbered(str(cell.value)) if str(cell.value).startswith("5000") else cell.value
    book.save(path)


def _renumber_text(path: Path) -> None:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    rows = [[_renumbered(cell) for cell in row] for row in csv.reader(text.splitlines())]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)


def needless_keys(versions: list[Published], truth: Path) -> list[tuple[str, str]]:
    """Persons of the truth under more than one key over all versions, with the second key.

    A key stands for whoever its roll row belongs to in the truth; self-declared persons are told by their ID token.
    """
    person_of: dict[tuple[str, str, int], str] = {}
    for folder in sorted(truth.iterdir()):
        rows = pq.read_table(folder / "truth" / "rows.parquet", columns=["source", "file", "sheet", "row", "person"])
        for row in rows.to_pylist():
            person_of[folder.name, f"{row['source']}/{row['file']}/{row['sheet'] or ''}", row["row"]] = row["person"]
    first: dict[str, str] = {}
    aliases = {row["old_key"]: row["new_key"] for row in versions[-1].table("aliases").to_pylist()}
    again = []
    for version in versions:
        as_of = version.index["as_of"]
        for row in version.table("ledger").to_pylist():
            if row["last_seen"].isoformat() != as_of:
                continue
            people = {
                person_of.get(
                    (version.index["as_of"], f"{one['source']}/{one['file']}/{one['sheet'] or ''}", one["row"])
                )
                for one in row["evidence"]
                if one["role"] in ("roll", "transfer", "floating")
            } - {None}
            for person in people:
                key = aliases.get(row["person_key"], row["person_key"])
                if first.setdefault(str(person), key) not in (key, row["person_key"]):
                    again.append((str(person), key))
    return again


def unexplained(version: Published) -> list[str]:
    """Changes of one version without a cause or a source row."""
    rows = version.table("changes").to_pylist()
    return [row["person_key"] for row in rows if not row["cause"].strip() or not row["source_rows"]]


def full_from_deltas(versions: list[Published]) -> pa.Table:
    """The first version's base (nothing) with every delta applied."""
    table, was = ledger_schema().empty_table(), None
    for version in versions:
        now = date.fromisoformat(version.index["as_of"])
        table, was = apply_changes(table, version.table("changes"), was, now), now
    return table


def book_problems(version: Published) -> list[str]:
    """Where the three books of one version do not add up."""
    ledger = version.table("ledger")
    return disagreements(views_of(ledger), ledger.num_rows)


def all_versions(home: Home) -> list[Published]:
    return [kept_version(home, name) for name in kept_versions(home)]
