"""Splink 5 on the people tables: pairs of probability 0.2 and more, with training, as one process.

Usage: python -m benchmarks.peers.splink_people FOLDER plain|quick|handmade OUT.parquet. `plain` takes masked values as
missing and compares with Splink's ready-made comparisons, with u from 1e7 random pairs, which its docs call adequate;
`quick` is the same with u from 1e6, its default; `handmade` adds pinyin, agreement of masked values and the blocking
rules on them. The steps are those of Splink's guide: prior from deterministic rules, u from random pairs, m
by EM under two blocking rules, then predict.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_level_library as levels
import splink.comparison_library as compare
from pypinyin import lazy_pinyin
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

FULL_ID = "case when id_number not like '%*%' then id_number end"
FULL_PHONE = "case when phone not like '%*%' then phone end"
COLUMNS = f"""
row_id, name, {FULL_ID} as id_number, {FULL_PHONE} as phone, substr(phone, 8, 4) as phone_tail, sex, birth_date,
district, employer, left(id_number, 4) as id_head, right(id_number, 4) as id_tail, left(phone, 3) as phone_head
"""
RULES = [
    block_on("id_number"), block_on("name", "birth_date"), block_on("phone"), block_on("name", "phone_tail"),
]  # fmt: skip
MORE_RULES = [block_on("sound", "birth_date"), block_on("sound", "id_head", "id_tail"), block_on("sound", "phone_tail")]


def load(con: duckdb.DuckDBPyConnection, folder: Path, *, sounds: bool) -> None:
    """Make `workers` and `members`; with sounds also the toneless pinyin of the name."""
    for side, table in (("left", "workers"), ("right", "members")):
        con.execute(f"create table {table} as select {COLUMNS} from read_parquet('{folder}/{side}.parquet')")
    if sounds:
        names = con.execute("select name from workers union select name from members order by 1").to_arrow_table()
        letters = sorted({letter for name in names["name"].to_pylist() if name for letter in name})
        spelt = str.maketrans({letter: lazy_pinyin(letter)[0] + " " for letter in letters})
        sounded = [name and name.translate(spelt) for name in names["name"].to_pylist()]
        con.register("sounded", pa.table({"name": names["name"], "sound": sounded}))
        for table in ("workers", "members"):
            con.execute(
                f"create or replace table {table} as "
                f"select t.*, s.sound from {table} t left join sounded s using (name)"
            )


def plain() -> list[Any]:
    """Ready-made comparisons."""
    return [
        compare.JaroWinklerAtThresholds("name", [0.88, 0.7]).configure(term_frequency_adjustments=True),
        compare.LevenshteinAtThresholds("id_number", [1, 2]),
        compare.LevenshteinAtThresholds("phone", [1, 2]),
        compare.LevenshteinAtThresholds("birth_date", [1, 2]),
        compare.ExactMatch("sex"),
        compare.ExactMatch("district"),
        compare.ExactMatch("employer"),
    ]


def handmade() -> list[Any]:
    """The same with levels for sound and for what a mask still shows."""
    name = compare.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            levels.NullLevel("name"),
            levels.ExactMatchLevel("name").configure(tf_adjustment_column="name"),
            levels.CustomLevel("sound_l = sound_r", "same sound"),
            levels.JaroWinklerLevel("name", 0.88),
            levels.JaroWinklerLevel("name", 0.7),
            levels.ElseLevel(),
        ],
    )
    return [
        name,
        _masked("id_number", "id_head", "id_tail"),
        _masked("phone", "phone_head", "phone_tail"),
        compare.LevenshteinAtThresholds("birth_date", [1, 2]),
        compare.ExactMatch("sex"),
        compare.ExactMatch("district").configure(term_frequency_adjustments=True),
        compare.ExactMatch("employer").configure(term_frequency_adjustments=True),
    ]


def _masked(column: str, head: str, tail: str) -> Any:
    shown = f"{column}_l is not null and {column}_r is not null"
    return compare.CustomComparison(
        output_column_name=column,
        comparison_levels=[
            levels.CustomLevel(f"{tail}_l is null or {tail}_r is null", "null").configure(is_null_level=True),
            levels.CustomLevel(f"{column}_l = {column}_r", "same"),
            levels.CustomLevel(f"{shown} and damerau_levenshtein({column}_l, {column}_r) <= 1", "one digit or a swap"),
            levels.CustomLevel(f"not ({shown}) and {head}_l = {head}_r and {tail}_l = {tail}_r", "what shows agrees"),
            levels.CustomLevel(f"not ({shown})", "what shows differs"),
            levels.ElseLevel(),
        ],
    )


def main() -> None:
    folder, kind, out = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    con = duckdb.connect()
    con.execute("set threads = 2")
    load(con, folder, sounds=kind == "handmade")
    api = DuckDBAPI(con)
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="row_id",
        blocking_rules_to_generate_predictions=[*RULES, *(MORE_RULES if kind == "handmade" else [])],
        comparisons=handmade() if kind == "handmade" else plain(),
        retain_matching_columns=False,
    )
    sides = [api.register(table, dataset_display_name=f"{table[:1]}_{table}") for table in ("members", "workers")]
    linker = Linker(sides, settings, log_level=None)
    train = linker.training
    train.estimate_probability_two_random_records_match(
        [block_on("id_number"), block_on("name", "birth_date")], recall=0.9
    )
    # its docs: 1e7 is often adequate, 1e9 best but slow; it stops early by itself; a seed would slow it down
    train.estimate_u_using_random_sampling(max_pairs=1e6 if kind == "quick" else 1e7)
    train.estimate_parameters_using_expectation_maximisation(block_on("name", "birth_date"))
    train.estimate_parameters_using_expectation_maximisation(block_on("id_number"))
    found = linker.inference.predict(threshold_match_probability=0.2)
    con.execute(
        "copy (select case when row_id_l like 'l%' then row_id_l else row_id_r end as left_id, "
        "case when row_id_l like 'l%' then row_id_r else row_id_l end as right_id, match_weight, match_probability, "
        "case when match_probability >= 0.5 then 'link' else 'review' end as decision "
        f"from {found.physical_name}) to '{out}' (format parquet)"
    )


if __name__ == "__main__":
    main()
