"""What holds whatever the tables: order, chunks and threads change no row; either way round; masks; evidence."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.people_tables import write_tables
from flows.tabular import open_table
from matchers.blocking.blocks import Keyed, distinct_batches, make_blocks, unpacked
from matchers.engine import embedded
from matchers.engines.link import Options, link_tables
from matchers.engines.memory import room
from matchers.model.link_model import LinkModel, parse_link_model
from matchers.sides.encoded import NIBBLES, Both, encode_sides
from matchers.sides.spool import Spool
from matchers.weighing.levels import comparison, levels_of_pairs
from tests.matchers.conftest import full_id

IDS = ("row_id", "row_id")
SETTINGS = settings(max_examples=20, deadline=None)


@pytest.fixture(scope="module")
def people() -> LinkModel:
    return parse_link_model((resources.files("matchers.models") / "people.toml").read_text("utf-8"), "people")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    write_tables(3_000, 91, folder, one_city=True)
    return folder


@pytest.fixture(scope="module")
def town(folder: Path) -> tuple[pa.Table, pa.Table]:
    return pq.read_table(folder / "left.parquet"), pq.read_table(folder / "right.parquet")


@pytest.fixture(scope="module")
def straight(town: tuple[pa.Table, pa.Table], people: LinkModel) -> pa.Table:
    return link_tables(*town, people, ids=IDS)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(200, 4_000), st.integers(1, 2))
def test_shuffled_in_other_chunks_on_other_threads_the_rows_are_the_same(
    town: tuple[pa.Table, pa.Table], people: LinkModel, straight: pa.Table, seed: int, chunk: int, threads: int
) -> None:
    rng = np.random.default_rng(seed)
    turned = [table.take(pa.array(rng.permutation(table.num_rows))) for table in town]
    chunked = [pa.Table.from_batches(table.to_batches(max_chunksize=chunk)) for table in turned]
    assert link_tables(*chunked, people, ids=IDS, options=Options(threads=threads)).equals(straight)


def test_a_file_read_piece_by_piece_gives_the_same_rows(
    folder: Path, town: tuple[pa.Table, pa.Table], people: LinkModel, straight: pa.Table, tmp_path: Path
) -> None:
    for side, table in zip(("left", "right"), town, strict=True):
        pq.write_table(table, tmp_path / f"{side}.parquet", row_group_size=170, use_dictionary=["sex", "employer"])
    for place in (folder, tmp_path):
        files = [open_table(place / f"{side}.parquet") for side in ("left", "right")]
        assert link_tables(*files, people, ids=IDS).equals(straight)


def test_linking_parquet_by_weight_loads_no_pandas(folder: Path, tmp_path: Path) -> None:
    sides = [str(folder / f"{side}.parquet") for side in ("left", "right")]
    words = ["sanzhao", "link", *sides, "--model", "people", "--out", str(tmp_path / "pairs.parquet")]
    code = (
        f"import sys; sys.argv = {words}\nfrom flows.cli import main\n"
        "try: main()\nexcept SystemExit: pass\nprint('LOADED', *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "duckdb" in loaded and (tmp_path / "pairs.parquet").is_file()
    assert not loaded & {
        "pandas",
        "flows.delimited.shifted",
        "prefect",
        "sqlalchemy",
        "rapidfuzz",
        "recordlinkage",
        "scipy",
    }


@pytest.mark.slow
def test_tables_larger_than_the_memory_set_give_the_same_rows(people: LinkModel, tmp_path: Path) -> None:
    write_tables(130_000, 17, tmp_path)
    given = [pq.read_table(tmp_path / f"{side}.parquet") for side in ("left", "right")]
    small = Options(memory="24MB", spill=tmp_path / "spill")
    with room(*given, people, small) as spool:
        assert spool is not None and spool.tile_rows < 130_000 // 3, "many tiles"
    for sides in (given, (given[0], None)):
        found = link_tables(*sides, people, ids=IDS, options=small)
        assert found.num_rows and found.equals(link_tables(*sides, people, ids=IDS))
    assert not list(small.spill.rglob("*")) if small.spill else False, "nothing is left lying about"


def test_chunks_in_memory_and_in_files_are_the_same_columns(
    town: tuple[pa.Table, pa.Table], people: LinkModel, tmp_path: Path
) -> None:
    straight = encode_sides(*town, people, ids=IDS)
    written = []
    for in_memory in (0, 100_000, 1 << 30):
        spool = Spool(tmp_path, in_memory=in_memory)
        both = encode_sides(*town, people, ids=IDS, spool=spool)
        for side, own in ((both.left, straight.left), (both.right, straight.right)):
            assert side.whole_ids().equals(own.whole_ids())
            backwards = np.arange(side.rows)[::-1]
            for name, values in own.columns.items():
                assert np.array_equal(side.columns[name][0 : side.rows], values), name
                assert np.array_equal(side.columns[name].take(backwards), values[backwards]), name
        written.append(spool.bytes_written)
    assert written[0] > written[1] > written[2] == 0, "what there is room for goes to no file"
    assert not list(tmp_path.iterdir()), "a killed command leaves nothing"


def test_either_table_may_stand_on_the_left(
    town: tuple[pa.Table, pa.Table], people: LinkModel, straight: pa.Table
) -> None:
    turned = link_tables(*reversed(town), people, ids=IDS).to_pylist()
    found = {(row["right_id"], row["left_id"]): (row["match_weight"], row["decision"]) for row in turned}
    assert found == {
        (row["left_id"], row["right_id"]): (row["match_weight"], row["decision"]) for row in straight.to_pylist()
    }


keys = st.lists(st.integers(0, 12), max_size=40).map(lambda values: np.array(values, np.uint64) * np.uint64(10**17))


@given(keys, keys, st.integers(1, 50))
def test_a_rule_brings_each_pair_of_equal_keys_whatever_the_batch(
    left: np.ndarray, right: np.ndarray, most: int
) -> None:
    block = make_blocks("rule", Keyed(left, len(left)), Keyed(right, len(right)), same=False)
    expected = {(a, b) for a, x in enumerate(left) for b, y in enumerate(right) if x == y and x != 0}
    batches = [pair for batch in distinct_batches([block], most) for pair in zip(*unpacked(batch), strict=True)]
    assert set(batches) == expected
    assert block.pairs == len(batches) == len(expected)


@given(keys, keys, st.integers(1, 4))
def test_a_crowded_key_brings_no_pair_and_the_others_all_of_theirs(
    left: np.ndarray, right: np.ndarray, crowd: int
) -> None:
    block = make_blocks("rule", Keyed(left, len(left)), Keyed(right, len(right)), same=False, crowd=crowd)
    few = {x for x in {*left, *right} if x and max((left == x).sum(), (right == x).sum()) <= crowd}
    expected = {(a, b) for a, x in enumerate(left) for b, y in enumerate(right) if x == y and x in few}
    assert {pair for batch in block.batches() for pair in zip(*unpacked(batch), strict=True)} == expected


@given(keys, st.integers(1, 50))
def test_a_table_held_against_itself_brings_each_pair_once(values: np.ndarray, most: int) -> None:
    block = make_blocks("rule", Keyed(values, len(values)), Keyed(values, len(values)), same=True)
    expected = {(a, b) for a, x in enumerate(values) for b, y in enumerate(values[:]) if a < b and x == y and x != 0}
    batches = [pair for batch in distinct_batches([block], most) for pair in zip(*unpacked(batch), strict=True)]
    assert sorted(batches) == sorted(expected)
    assert block.pairs == len(expected)


def person(**shown: str | None) -> dict[str, str | None]:
    given = {"name": "欧阳明月", "id_number": "11010519491231002X", "phone": "13812345670", "sex": "女",
             "birth_date": "1949-12-31", "district": "5", "employer": "77"}  # fmt: skip
    return given | shown


def table(rows: list[dict[str, str | None]]) -> pa.Table:
    names = [str(number) for number in range(len(rows))]
    return pa.table(
        {"row_id": names} | {column: pa.array([row[column] for row in rows], pa.string()) for column in rows[0]}
    )


def levels(people: LinkModel, column: str, pairs: list[tuple[str | None, str | None]]) -> list[str]:
    """Level names of one column of these pairs of values."""
    sides = [table([person(**{column: pair[side]}) for pair in pairs]) for side in (0, 1)]
    bare = people.model_copy(update={"implied": {}})
    both: Both = encode_sides(*sides, bare)
    with embedded() as con:
        con.execute(NIBBLES)
        rows = np.arange(len(pairs))
        found = levels_of_pairs(con, comparison(bare, column), both, (rows, rows))
    return [("null", *people.comparisons[column])[number] for number in found.tolist()]


digits = st.builds(
    full_id,
    st.from_regex(r"[1-6][0-9]{5}", fullmatch=True),
    st.from_regex(r"19[1-9][0-9]0[1-9]1[0-9]", fullmatch=True),
    st.from_regex(r"[0-9]{2}[1-9]", fullmatch=True),
)  # fmt: skip
hidden = st.sets(st.integers(0, 17), max_size=17)


def masked(text: str, places: set[int]) -> str:
    return "".join("*" if place in places else letter for place, letter in enumerate(text))


@SETTINGS
@given(st.lists(st.tuples(digits, digits, hidden, hidden), min_size=1, max_size=8))
def test_masks_never_agree_with_a_visible_conflict(
    people: LinkModel, cases: list[tuple[str, str, set[int], set[int]]]
) -> None:
    pairs = [(masked(one, hide), masked(other, others)) for one, other, hide, others in cases]
    for (one, other), level in zip(pairs, levels(people, "id_number", [*pairs]), strict=True):
        both = [(a, b) for a, b in zip(one, other, strict=True) if "*" not in (a, b)]
        if any(a != b for a, b in both):
            assert level not in ("full", "visible", "null")
        else:
            assert level in (("full", "visible") if both else ("null",))


def test_phones_that_show_a_conflict_do_not_agree(people: LinkModel) -> None:
    pairs = [("138****5670", "13812345670"), ("138****5670", "13812345671"), ("***", "13812345670"), (None, None)]
    assert levels(people, "phone", [*pairs]) == ["visible", "other", "null", "null"]


COLUMNS = ("name", "id_number", "phone", "birth_date", "sex", "district", "employer")
SHOWN_IN_PART = {"id_number": "1101**********002X", "phone": "138****5670"}


@settings(max_examples=8, deadline=None)
@given(
    st.sets(st.sampled_from(COLUMNS), max_size=5),
    st.sets(st.sampled_from(sorted(SHOWN_IN_PART))),
    st.sampled_from(COLUMNS),
)
def test_more_evidence_never_lowers_a_true_pairs_weight(
    town: tuple[pa.Table, pa.Table], people: LinkModel, missing: set[str], partly: set[str], more: str
) -> None:
    less = dict.fromkeys(missing) | {column: SHOWN_IN_PART[column] for column in partly - missing}
    if more not in less:
        return
    least = people.model_copy(update={"review_probability": 1e-9, "unique": ()})
    weights = []
    for worn in (less, {column: value for column, value in less.items() if column != more}):
        row = table([person(**worn)]).set_column(0, "row_id", pa.array(["asked"]))
        left = pa.concat_tables([town[0], row.select(town[0].schema.names)])
        right = pa.concat_tables([town[1], table([person()]).select(town[1].schema.names)])
        found = link_tables(left, right, least, ids=IDS).to_pylist()
        weights.append(
            [pair["match_weight"] for pair in found if (pair["left_id"], pair["right_id"]) == ("asked", "0")]
        )
    if weights[0]:
        assert weights[1]
        assert weights[1][0] >= weights[0][0]
