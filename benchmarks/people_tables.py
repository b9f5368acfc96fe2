"""The people tables of the peers' measurement: workers (left) and members (right), 3 % in both, noise as stated.

Columns row_id, name, id_number, phone, sex, birth_date, district, employer (strings; masked places as `*`). Names, IDs,
phones, birth dates and sex are worn as the measurement states; it states nothing for district and employer: here the
district agrees in about 90 % of true pairs and the employer in about 81 %, with `--harsh` in 73 % and 42 %.
More than a million rows a side are made a million at a time, shuffled within each million.
Usage: python -m benchmarks.people_tables N SEED OUT [--right N] [--one-city] [--harsh]; writes left, right and
truth.parquet. Of sides of two sizes 3 % of the smaller are in both.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pypinyin import lazy_pinyin

from flows.sample.names import draw_names

Strings = npt.NDArray[Any]
SHARED = 0.03
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_PREFIXES = np.array([130, 131, 132, 133, 135, 136, 137, 138, 139, 150, 151, 152, 155, 157, 158, 159, 166, 173, 176,
                      177, 178, 180, 181, 182, 183, 185, 186, 187, 188, 189, 191, 198, 199])  # fmt: skip


CHUNK = 1_000_000


@dataclass(frozen=True)
class Land:
    """Where people come from: region codes and how many live there, districts, employers."""

    regions: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    districts: int
    employers: int


def land(rng: np.random.Generator, size: int, one_city: bool) -> Land:
    """The whole country, or one city of eight districts, for so many people in all."""
    regions = (500101 + np.arange(8)) if one_city else _regions(rng)
    weights = np.ones(8) if one_city else rng.pareto(1.2, len(regions)) + 0.05
    return Land(regions, weights / weights.sum(), 8 if one_city else 299, max(size // 40, 50) - 1)


def population(rng: np.random.Generator, size: int, home: Land) -> dict[str, Strings]:
    """So many different people, one entry each."""
    birth_day = np.datetime64("1952-01-01") + rng.integers(0, 365 * 54, size)
    female = rng.random(size) < 0.4
    names = draw_names(rng, birth_day.astype("datetime64[Y]").astype(int) + 1970, female)
    region = rng.choice(home.regions, size, p=home.weights)
    birth = np.char.replace(birth_day.astype("datetime64[D]").astype(str), "-", "")
    sequence = rng.integers(0, 500, size) * 2 + np.where(female, 0, 1)
    phone = rng.choice(_PREFIXES, size).astype(str)
    return {
        "name": names.full.astype(str),
        "id_number": _ids(region, birth, sequence % 1000),
        "phone": np.char.add(phone, np.char.zfill(rng.integers(0, 10**8, size).astype(str), 8)),
        "sex": np.where(female, "女", "男"),
        "birth_date": birth_day.astype("datetime64[D]").astype(str),
        "district": rng.integers(1, home.districts + 1, size).astype(str),
        "employer": rng.integers(1, home.employers + 1, size).astype(str),
    }


def _regions(rng: np.random.Generator) -> npt.NDArray[np.int64]:
    provinces = np.array([11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51,
                          52, 53, 54, 61, 62, 63, 64, 65])  # fmt: skip
    return np.unique(rng.choice(provinces, 3000) * 10000 + rng.integers(1, 18, 3000) * 100 + rng.integers(1, 30, 3000))


def _ids(region: npt.NDArray[np.int64], birth: Strings, sequence: npt.NDArray[np.int64]) -> Strings:
    body = np.char.add(np.char.add(region.astype(str), birth), np.char.zfill(sequence.astype(str), 3))
    digits = body.astype("S17").view(np.uint8).reshape(len(body), 17) - ord("0")
    return np.char.add(body, np.array(list("10X98765432"))[(digits.astype(int) @ _WEIGHTS) % 11])


def _homophones(characters: set[str]) -> dict[str, str]:
    groups: dict[str, list[str]] = {}
    for character in sorted(characters):
        groups.setdefault(lazy_pinyin(character)[0], []).append(character)
    return {
        one: group[(at + 1) % len(group)] for group in groups.values() for at, one in enumerate(group) if len(group) > 1
    }


def _changed_names(rng: np.random.Generator, names: Strings, homophone: float, other: float) -> Strings:
    changed = names.copy().astype(object)
    letters = sorted({character for name in names[:50000] for character in name[1:]})
    sounds = _homophones(set(letters))
    for row in np.flatnonzero(rng.random(len(names)) < homophone):
        place = [at for at in range(1, len(changed[row])) if changed[row][at] in sounds]
        if place:
            at = place[int(rng.integers(len(place)))]
            changed[row] = changed[row][:at] + sounds[changed[row][at]] + changed[row][at + 1 :]
    for row in np.flatnonzero(rng.random(len(names)) < other):
        at = int(rng.integers(1, max(len(changed[row]), 2)))
        changed[row] = changed[row][:at] + letters[int(rng.integers(len(letters)))] + changed[row][at + 1 :]
    return changed


def _swapped_digits(rng: np.random.Generator, values: Strings, share: float) -> Strings:
    changed = values.astype(object)
    for row in np.flatnonzero(rng.random(len(values)) < share):
        text, at = changed[row], int(rng.integers(1, len(changed[row]) - 2))
        changed[row] = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return changed


def _worn(rng: np.random.Generator, people: dict[str, Strings], noise: dict[str, float]) -> dict[str, Strings]:
    """One side's rows of these people, with the side's noise."""
    size = len(people["name"])
    name = _changed_names(rng, people["name"], noise["homophone"], noise["other_character"])
    ids = _swapped_digits(rng, people["id_number"], noise["id_swapped"])
    luck = rng.random(size)
    masked = np.array([text[:4] + "*" * 10 + text[-4:] for text in ids], object)
    ids = np.where(
        luck < noise["id_missing"], None, np.where(luck < noise["id_missing"] + noise["id_masked"], masked, ids)
    )
    fresh = np.char.add(
        rng.choice(_PREFIXES, size).astype(str), np.char.zfill(rng.integers(0, 10**8, size).astype(str), 8)
    )
    phone = np.where(rng.random(size) < noise["phone_changed"], fresh, people["phone"])
    phone = _swapped_digits(rng, phone, noise["phone_swapped"])
    luck = rng.random(size)
    hidden = np.array([text[:3] + "****" + text[-4:] for text in phone], object)
    phone = np.where(
        luck < noise["phone_missing"],
        None,
        np.where(luck < noise["phone_missing"] + noise["phone_masked"], hidden, phone),
    )
    days = people["birth_date"].astype("datetime64[D]")
    wrong = rng.random(size) < noise["birth_wrong"]
    days = np.where(wrong, days + rng.integers(1, 400, size), days).astype("datetime64[D]").astype(str).astype(object)
    birth = np.where(rng.random(size) < noise["birth_missing"], None, days)
    sex = np.where(rng.random(size) < 0.005, np.where(people["sex"] == "男", "女", "男"), people["sex"])
    moved = rng.random(size) < noise["district_changed"]
    district = np.where(moved, rng.permutation(people["district"]), people["district"])
    employer = np.where(
        rng.random(size) < noise["employer_changed"], rng.permutation(people["employer"]), people["employer"]
    )
    return {
        "name": name,
        "id_number": ids,
        "phone": phone,
        "sex": sex,
        "birth_date": birth,
        "district": district,
        "employer": employer,
    }


WORKERS = {"homophone": 0.04, "other_character": 0.01, "id_missing": 0.20, "id_masked": 0.20, "id_swapped": 0.015,
           "phone_changed": 0.25, "phone_missing": 0.10, "phone_masked": 0.25, "phone_swapped": 0.02,
           "birth_missing": 0.05, "birth_wrong": 0.02, "district_changed": 0.05, "employer_changed": 0.1}  # fmt: skip
MEMBERS = {"homophone": 0.01, "other_character": 0.01, "id_missing": 0.03, "id_masked": 0.0, "id_swapped": 0.005,
           "phone_changed": 0.15, "phone_missing": 0.08, "phone_masked": 0.0, "phone_swapped": 0.0,
           "birth_missing": 0.0, "birth_wrong": 0.01, "district_changed": 0.05, "employer_changed": 0.1}  # fmt: skip
HARSH = ({"district_changed": 0.2, "employer_changed": 0.4}, {"district_changed": 0.1, "employer_changed": 0.3})


def write_tables(
    size: int, seed: int, out: Path, *, right: int | None = None, one_city: bool = False, harsh: bool = False
) -> None:
    """Write left.parquet, right.parquet and truth.parquet under `out`; `right`: rows of the right side, if others."""
    rng = np.random.default_rng(seed)
    home = land(rng, size, one_city)
    harder = HARSH if harsh else ({}, {})
    noises = {"left": WORKERS | harder[0], "right": MEMBERS | harder[1]}
    out.mkdir(parents=True, exist_ok=True)
    writers = {side: pq.ParquetWriter(out / f"{side}.parquet", _SCHEMA) for side in noises}
    truth: list[tuple[str, str]] = []
    for start in range(0, max(size, right or 0), CHUNK):
        counts = [max(min(CHUNK, rows - start), 0) for rows in (size, size if right is None else right)]
        shared = round(min(counts) * SHARED)
        people = population(rng, sum(counts) - shared, home)
        for side, count, first in zip(("left", "right"), counts, (0, counts[0] - shared), strict=True):
            mine = {column: values[first : first + count] for column, values in people.items()}
            table = _rows(_worn(rng, mine, noises[side]), side[0], start).take(pa.array(rng.permutation(count)))
            writers[side].write_table(table, row_group_size=122_880)
        truth += [(f"l{start + counts[0] - shared + n}", f"r{start + n}") for n in range(shared)]
    for writer in writers.values():
        writer.close()
    columns = dict(zip(("left_id", "right_id"), map(list, zip(*truth, strict=True)), strict=True))
    pq.write_table(pa.table(columns), out / "truth.parquet")


_COLUMNS = ("name", "id_number", "phone", "sex", "birth_date", "district", "employer")
_SCHEMA = pa.schema([(column, pa.string()) for column in ("row_id", *_COLUMNS)])


def _rows(worn: dict[str, Strings], letter: str, start: int) -> pa.Table:
    names = [f"{letter}{start + n}" for n in range(len(worn["name"]))]
    return pa.table({"row_id": pa.array(names)} | {c: pa.array(worn[c].tolist(), pa.string()) for c in _COLUMNS})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("size", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--right", type=int, help="rows of the right side, where they are not N")
    parser.add_argument("--one-city", action="store_true")
    parser.add_argument("--harsh", action="store_true", help="district and employer change more often")
    given = parser.parse_args()
    write_tables(given.size, given.seed, given.out, right=given.right, one_city=given.one_city, harsh=given.harsh)


if __name__ == "__main__":
    main()
