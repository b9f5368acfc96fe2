"""What the generator writes, read back from the office files themselves."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from python_calamine import load_workbook
from stdnum.cn import uscc

from flows.sample import SampleOptions, generate
from flows.sample.generate import draw_sheets, draw_world
from flows.sample.ids import credit_code
from flows.sample.options import rates
from flows.sample.spelling import alter_name
from schemas.contracts import shipped_sources
from schemas.errors import InputError
from schemas.people import check_digit


@cache
def lines_of(path: Path, sheet: str | None) -> list[list[object]]:
    if path.suffix == ".xlsx":
        return load_workbook(str(path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return [list(line) for line in csv.reader(io.StringIO(raw.decode(encoding)))]
        except UnicodeDecodeError:
            continue
    raise AssertionError(path)


def name_column(lines: list[list[object]], source: str) -> int:
    aliases = shipped_sources()[source].field("name").aliases
    return next(line.index(alias) for line in lines[:6] for alias in aliases if alias in line)


def test_truth_row_numbers_point_at_the_person_they_name(small: Path) -> None:
    options = SampleOptions(workers=1500, members=2000, seed=5, out=small, member_share=0.1, dirt="harsh")
    world = draw_world(options)
    checked = 0
    for row in pq.read_table(small / "truth/rows.parquet").to_pylist():
        if any(tag.startswith("name_") for tag in row["dirt"]):
            continue
        lines = lines_of(small / "drop" / row["source"] / row["file"], row["sheet"])
        shown = str(lines[row["row"] - 1][name_column(lines, row["source"])])
        name = world.names[int(row["person"][1:])]
        pattern = re.escape(shown).replace(r"\*", ".").replace("师傅", ".*").replace("阿姨", ".*")
        assert re.fullmatch(pattern, name), (row["file"], row["row"])
        checked += 1
    assert checked > 3000


def test_every_data_line_of_every_file_has_its_truth_row(small: Path) -> None:
    truth = pq.read_table(small / "truth/rows.parquet").to_pandas()
    for (source, file), rows in truth.groupby(["source", "file"]):
        lines = lines_of(small / "drop" / source / file, rows["sheet"].iloc[0])
        column = name_column(lines, source)
        header = next(
            at for at, line in enumerate(lines) if line[column] in shipped_sources()[source].field("name").aliases
        )
        filled = sum(1 for line in lines[header + 1 :] if len(line) > 5 and sum(cell != "" for cell in line) > 3)
        assert filled == len(rows), file


def test_clean_ids_are_valid_and_say_the_sex(tmp_path: Path) -> None:
    world = draw_world(SampleOptions(workers=2000, members=2000, seed=3, out=tmp_path))
    assert len(set(world.ids)) == len(world.ids)
    for one, female, birth in zip(world.ids, world.people.female, world.people.birth, strict=True):
        assert check_digit(one[:17]) == one[17]
        assert (int(one[16]) % 2 == 0) == female
        assert one[6:14] == str(birth).replace("-", "")


def test_credit_codes_pass_the_check_of_gb_32100() -> None:
    rng = np.random.default_rng(0)
    for own in (True, False):
        code = credit_code(rng, own)
        assert uscc.is_valid(code)
        assert code.startswith("92") == own


def test_excel_damaged_ids_are_numbers_in_workbooks(small: Path) -> None:
    rows = pq.read_table(small / "truth/rows.parquet").to_pylist()
    damaged = [row for row in rows if "id_excel_zeros" in row["dirt"] and row["file"].endswith("xlsx")]
    assert damaged
    for row in damaged:
        line = lines_of(small / "drop" / row["source"] / row["file"], row["sheet"])[row["row"] - 1]
        assert any(isinstance(cell, float) and cell > 1e16 and float(f"{cell:.14e}") == cell for cell in line)


def test_headers_are_aliases_of_the_contracts(small: Path) -> None:
    outside = {"序号"}
    options = SampleOptions(workers=1500, members=2000, seed=5, out=small, member_share=0.1, dirt="harsh")
    for sheet in draw_sheets(draw_world(options)):
        known = {alias for field in shipped_sources()[sheet.source].fields for alias in field.aliases}
        assert set(sheet.headers.values()) - known <= outside, sheet.file


def test_dirt_befalls_as_often_as_its_rate_says(tmp_path: Path) -> None:
    generate(SampleOptions(workers=6000, members=6000, seed=9, out=tmp_path))
    dirt = json.loads((tmp_path / "truth/dirt.json").read_text("utf-8"))
    for source, kinds in dirt["sources"].items():
        side = "registry" if source.startswith(("party", "floating")) else "worker"
        for kind, found in kinds.items():
            rate, able = dirt["rates"][side].get(kind, 0.0), found["eligible"]
            slack = 5 * (able * rate * (1 - rate)) ** 0.5 + 0.15 * able * rate + 2
            assert abs(found["count"] - able * rate) <= slack, (source, kind)


def test_a_clean_district_has_no_dirt_but_masks(tmp_path: Path) -> None:
    generate(SampleOptions(workers=300, members=400, seed=2, out=tmp_path, member_share=0.1, dirt="clean"))
    assert not any(json.loads((tmp_path / "truth/dirt.json").read_text("utf-8"))["kinds"].values())


def test_harsh_is_dirtier_than_normal_and_stays_a_rate() -> None:
    normal, harsh = rates("normal", "worker").by_kind, rates("harsh", "worker").by_kind
    assert all(normal[kind] <= harsh[kind] <= 1 for kind in normal)
    assert harsh["id_excel_zeros"] > normal["id_excel_zeros"]


@pytest.mark.parametrize("changed", [{"workers": 5}, {"member_share": 0.0}, {"nights": 0}, {"members": 100}])
def test_impossible_sizes_are_refused(tmp_path: Path, changed: dict[str, int]) -> None:
    with pytest.raises(InputError):
        SampleOptions(**({"workers": 1000, "members": 1000, "seed": 1, "out": tmp_path, "member_share": 0.1} | changed))


def test_a_source_without_a_single_row_sends_nothing(tmp_path: Path) -> None:
    generate(SampleOptions(workers=300, members=400, seed=1, out=tmp_path, dirt="harsh"))
    assert not (tmp_path / "drop" / "self_reports").exists()
    assert (tmp_path / "drop" / "platform" / "provenance.toml").is_file()


@pytest.mark.parametrize("kind", ["name_other_character", "name_homophone", "name_swapped"])
def test_a_name_that_spells_a_double_surname_keeps_it(kind: str) -> None:
    assert alter_name("东方", kind, 5) is None


def test_more_people_of_one_day_than_a_county_has_ids_are_born_some_days_earlier() -> None:
    from flows.sample.ids import id_bodies
    from flows.sample.people import _make_ids_distinct, draw_people

    people = draw_people(np.random.default_rng(1), SampleOptions(workers=1500, members=1500, seed=1, out=Path()))
    people.region[:], people.birth[:], people.female[:] = "500113", np.datetime64("1967-05-01"), False
    _make_ids_distinct(np.random.default_rng(2), people)
    assert len(np.unique(id_bodies(people.region, people.birth, people.sequence))) == len(people)
    assert np.datetime64("1966-01-01") < people.birth.min()
    assert (people.birth <= np.datetime64("1967-05-01")).all()
