"""Whose block is whose: sealed beside the landing copies it was made from, and destroyed with them or at the import.

It holds places in the file sent and keyed evidence tokens, no name and no number; without it a result names nobody.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flows.exchange.entries import Entries
from flows.exchange.sealing import Sealed
from flows.home.folders import Home, write_private
from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from schemas.errors import InputError
from schemas.rules import Rule


@dataclass(frozen=True)
class Own:
    """One person of the file sent: which keys their entries are of, and by what the next night knows them."""

    rules: dict[int, str]
    """By entry."""
    tokens: list[str]


def save_own(path: Path, key: DistrictKey, sections: dict[str, tuple[Entries, Sealed, dict[int, str]]]) -> None:
    """Seal the list: one row per person. Each section: its entries, its blocks, and the evidence token per row."""
    tables = [_rows(name, *parts) for name, parts in sections.items()]
    sink = io.BytesIO()
    pq.write_table(pa.concat_tables(tables), sink, compression="zstd")
    write_private(path, key.seal(sink.getvalue()))


def _rows(name: str, entries: Entries, sealed: Sealed, evidence: dict[int, str]) -> pa.Table:
    tokens: dict[int, list[str]] = {}
    for person, row in zip(entries.persons["person"].to_pylist(), entries.persons["row_id"].to_pylist(), strict=True):
        tokens.setdefault(person, []).append(evidence[row])
    own: dict[int, list[dict[str, object]]] = {}
    per_person = len(sealed.section.tokens) // max(sealed.blocks, 1)
    for entry, rule in zip(sealed.rules_of["entry"].to_pylist(), sealed.rules_of["rule"].to_pylist(), strict=True):
        own.setdefault(entry // per_person, []).append({"entry": entry, "rule": rule})
    persons, blocks = (sealed.persons[entry].to_pylist() for entry in ("person", "block"))
    return pa.table({
        "section": pa.array([name] * len(persons), pa.string()), "block": pa.array(blocks, pa.int64()),
        "entries": pa.array([own[block] for block in blocks], _ENTRIES),
        "tokens": pa.array([sorted(set(tokens[person])) for person in persons], pa.list_(pa.string())),
    })  # fmt: skip


_ENTRIES = pa.list_(pa.struct([("entry", pa.int64()), ("rule", pa.string())]))


def load_own(path: Path, key: DistrictKey, wanted: dict[str, set[int]]) -> dict[tuple[str, int], Own]:
    """The persons of some blocks, by section and block. Raises InputError where the list is destroyed."""
    try:
        table = table_in(key.unseal(path.read_bytes()))
    except OSError:
        raise InputError(
            "本区导出时的对照表已随原件副本销毁，结果不能再对到人", where=path.name, rule=Rule.ORIGINAL_DESTROYED,
            action="另立一份约定，重新交换",
        ) from None  # fmt: skip
    place = np.zeros(table.num_rows, bool)
    sections, blocks = np.asarray(table["section"]), np.asarray(table["block"])
    for section, some in wanted.items():
        place |= (sections == section) & np.isin(blocks, sorted(some))
    return {
        (row["section"], row["block"]): Own({entry["entry"]: entry["rule"] for entry in row["entries"]}, row["tokens"])
        for row in table.filter(pa.array(place)).to_pylist()
    }


def own_list_path(home: Home, landing: str, number: str) -> Path:
    """Beside the landing copies, under a name that their purge knows."""
    return home.landing / landing / f"relation_exchange_{number}.sealed"
