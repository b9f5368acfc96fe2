"""Two sample districts exchange: whom it finds and misses beside a link in clear, what the files weigh, the time.

`python -m benchmarks.exchange --out FOLDER [--workers 57000 --members 70000 --seeds 57,58]` makes what FOLDER does not
have yet: `a/` and `b/`, each a sample (b is a's neighbour) and a home after one night. Then the attacks of
`benchmarks.exchange_attack` are run on a's file. No account is asked for: the steps are those of the commands.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.exchange.agreement import ExchangeAgreement, load_agreement, make_agreement
from flows.exchange.entries import Entries
from flows.exchange.export import _sections
from flows.exchange.matching import Matched, match_files
from flows.exchange.rules import rules
from flows.exchange.sealing import Sealed
from flows.exchange.sides import DistrictSides, read_sides
from flows.exchange.token_file import TokenFileHeader, read_tokens, sealed_file
from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.settings import load_settings, model_of
from flows.ledger.publish.read import current_version
from matchers.engine import Options
from matchers.engines.district import decided_pairs, encode_rows
from matchers.sides.headers import fitted

DAY = date(2026, 11, 20)
NAMES = {"a": "甲区", "b": "乙区"}
_COMPARED = ["row_id", "name", "sex", "birth_date", "id_number", "phones"]
_PLACE = ("source", "file", "sheet", "row")
T = TypeVar("T")
Pairs = set[tuple[int, int]]
"""Member's and worker's row."""


@dataclass(frozen=True)
class District:
    """One district: its rows in clear, what it sent, and who its persons are by the truth."""

    sides: DistrictSides
    made: dict[str, tuple[Entries, Sealed]]
    file: Path
    truth: dict[tuple[Any, ...], str]

    def person_of(self, side: pa.Table) -> dict[int, str]:
        """The true person of each row."""
        rows = zip(side["row_id"].to_pylist(), *(side[name].to_pylist() for name in _PLACE), strict=True)
        return {row: self.truth[tuple(place)] for row, *place in rows if tuple(place) in self.truth}


def timed(what: str, made: Callable[[], T]) -> T:
    started = perf_counter()
    found = made()
    print(f"{what}: {perf_counter() - started:.1f} s")
    return found


def prepare(out: Path, workers: int, members: int, seeds: tuple[int, int]) -> None:
    """Samples and homes that are not there yet."""
    for name, seed in zip(NAMES, seeds, strict=True):
        folder = out / name
        if not (folder / "drop").exists():
            words = ["sample", "--workers", workers, "--members", members, "--seed", seed, "--out", folder]
            words += ["--neighbour", f"{seeds[0]}:{workers}:{members}"] if name == "b" else []
            _sanzhao(words)
        if not (folder / "home").exists():
            _sanzhao(["run", "--home", folder / "home", "--drop", folder / "drop", "--as-of", DAY])


def _sanzhao(words: list[Any]) -> None:
    command = [str(Path(sys.executable).with_name("sanzhao")), *map(str, words)]
    code = subprocess.run(command, check=False).returncode
    if code not in (0, 3):
        raise SystemExit(f"sanzhao {words[0]} ended with {code}")


def export(out: Path, name: str, agreement: ExchangeAgreement) -> District:
    """One district's file, each part timed."""
    home = Home(out / name / "home")
    version = current_version(home, load_key(home))
    if version is None:
        raise SystemExit(f"{name}: no night was published")
    sides = timed(f"{name} landing copies read again", lambda: read_sides(home, version))
    made = timed(f"{name} tokens made", lambda: _sections(sides, agreement, load_settings(home)))
    header = TokenFileHeader(
        version=rules().version, exchange=agreement.number, district=NAMES[name], other=agreement.other(NAMES[name]),
        contact="-", made_on=DAY, expires_on=agreement.expires_on, masks=rules().masks,
        members=len(made["members"][1].section.tokens), workers=len(made["workers"][1].section.tokens),
    )  # fmt: skip
    file = out / f"{name}.szx"
    data, _ = sealed_file(header, {section: one.section for section, (_, one) in made.items()}, agreement)
    file.write_bytes(data)
    print(f"{name} file: {file.stat().st_size / 1e6:.1f} MB")
    for section, (entries, sealed) in made.items():
        persons = len(set(entries.persons["person"].to_pylist()))
        print(f"{name} {section}: {entries.persons.num_rows:,} rows, {persons:,} persons, {sealed.blocks:,} blocks; "
              f"left out {entries.left_out}")  # fmt: skip
    truth = pq.read_table(out / name / "truth" / "rows.parquet")
    places = zip(*(truth[one].to_pylist() for one in _PLACE), strict=True)
    return District(sides, made, file, dict(zip(places, truth["person"].to_pylist(), strict=True)))


def found_pairs(matched: Matched, at: District, works_in: District, member_of: str) -> Pairs:
    """Row pairs of an exchange: the member and every row of the worker."""
    members, workers = at.made["members"], works_in.made["workers"]
    member = dict(zip(*(members[1].persons[one].to_pylist() for one in ("block", "person")), strict=True))
    worker = dict(zip(*(workers[1].persons[one].to_pylist() for one in ("block", "person")), strict=True))
    rows: dict[int, list[int]] = {}
    for person, row in zip(*(workers[0].persons[one].to_pylist() for one in ("person", "row_id")), strict=True):
        rows.setdefault(person, []).append(row)
    return {
        (member[pair.entries[0][0] // rules().tokens_per_member], row)
        for pair in matched.pairs if pair.member_of == member_of
        for row in rows[worker[pair.entries[0][1] // rules().tokens_per_worker]]
    }  # fmt: skip


def clear_pairs(at: District, works_in: District, home: Home) -> Pairs:
    """Links of the night's own engine over both districts' rows in clear."""
    on_roll = at.sides.members.filter(pc.field("on_roll"))
    left, right, model = fitted(
        works_in.sides.workers.select(_COMPARED), on_roll.select(_COMPARED), model_of(load_settings(home))
    )
    decided = decided_pairs(encode_rows(left, right, model), options=Options(memory="2GB"))
    links = decided.filter(pc.field("decision") == "link")
    return set(zip(links["right_id"].to_pylist(), links["left_id"].to_pylist(), strict=True))


def true_pairs(out: Path, at: District, works_in: District, *, works_here: bool) -> Pairs:
    """Rows of persons whom the truth has in both districts; b's sample knows whom it shares with a."""
    shared = pq.read_table(out / "b" / "truth" / "neighbour.parquet")
    shared = shared.filter(pc.field("standing") == ("works_here" if works_here else "member_here"))
    ends = ("neighbour_person", "person") if works_here else ("person", "neighbour_person")
    same = dict(zip(*(shared[one].to_pylist() for one in ends), strict=True))
    members = {person: row for row, person in at.person_of(at.sides.members).items()}
    workers: dict[str, list[int]] = {}
    for row, person in works_in.person_of(works_in.sides.workers).items():
        workers.setdefault(person, []).append(row)
    return {
        (members[member], row) for member, worker in same.items() if member in members
        for row in workers.get(worker, [])
    }  # fmt: skip


def told(title: str, found: Pairs, clear: Pairs, true: Pairs) -> None:
    """The figures of one direction."""
    right, reached = clear & true, found & true
    persons, kept = ({member for member, _ in pairs} for pairs in (right, reached))
    print(f"{title}: true rows {len(true):,} of {len({one for one, _ in true}):,} persons")
    print(
        f"  in clear: {len(clear):,} links, {len(clear - true)} wrong, {len(right):,} right ({len(persons):,} persons)"
    )
    print(f"  by exchange: {len(found):,} links, {len(found - true)} wrong "
          f"({len(found - true - clear)} not made in clear), {len(reached):,} right "
          f"({len(kept):,} persons)")  # fmt: skip
    print(f"  recall against the clear link: {len(found & right) / max(1, len(right)):.4f} of rows, "
          f"{len(kept & persons) / max(1, len(persons)):.4f} of persons")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=57_000)
    parser.add_argument("--members", type=int, default=70_000)
    parser.add_argument("--seeds", default="57,58")
    asked = parser.parse_args()
    first, second = map(int, asked.seeds.split(","))
    prepare(asked.out, asked.workers, asked.members, (first, second))
    key = asked.out / "exchange.key"
    if not key.exists():
        make_agreement(key, "2026-0003", (NAMES["a"], NAMES["b"]), DAY, expires_on=DAY + timedelta(days=30))
    agreement = load_agreement(key)
    one, other = (export(asked.out, name, agreement) for name in NAMES)
    files = [
        timed(f"{at.file.name} read and its seal checked", lambda at=at: read_tokens(at.file, agreement))
        for at in (one, other)
    ]
    matched = timed("compared", lambda: match_files(files[0], files[1]))
    print(f"pairs {len(matched.pairs)}, one token but other checks {matched.checked_away}, "
          f"tied to two members {matched.two_candidates}")  # fmt: skip
    for at, works_in, name, works_here in ((one, other, "a", True), (other, one, "b", False)):
        home = Home(asked.out / name / "home")
        clear = clear_pairs(at, works_in, home)
        true = true_pairs(asked.out, at, works_in, works_here=works_here)
        told(f"members of {NAMES[name]}", found_pairs(matched, at, works_in, NAMES[name]), clear, true)

    from benchmarks.exchange_attack import attacks

    attacks(agreement, files[0], one.sides, other.sides)


if __name__ == "__main__":
    main()
