"""Hand-made districts on files that do not come, and on people who object: nobody is moved out, nothing is told."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.home.store import opened_store
from reports.books import disagreements, views_of
from schemas.errors import InputError
from tests.flows.command import sanzhao
from tests.flows.ledger.cases import CASES, FIRST, Case, new_case

MONTH, TWO_MONTHS = date(2026, 12, 20), date(2027, 1, 20)
ORANGE = ("DY0004", "DY0005", "DY0006")


@pytest.fixture(scope="module")
def one_missing(tmp_path_factory: pytest.TempPathFactory) -> Case:
    case = new_case("c16_one_platform_missing", tmp_path_factory.mktemp("cases"))
    case.night("drop1", FIRST)
    case.night("drop2", MONTH)
    return case


def test_people_of_a_file_that_did_not_come_stay_as_they_were(one_missing: Case) -> None:
    people = one_missing.people()
    assert {number: people[number]["statuses"] for number in ORANGE} == {
        "DY0004": ["L1"], "DY0005": ["Y1"], "DY0006": ["N0"],
    }  # fmt: skip
    for number in ORANGE:
        assert people[number]["last_seen"] == FIRST
        assert "not_seen" not in people[number]["flags"]
    assert people["DY0001"]["last_seen"] == MONTH


def test_a_file_that_did_not_come_is_named_and_chased_and_is_the_cause(one_missing: Case) -> None:
    (line,) = [text for text in one_missing.summaries[1].warnings if "请催报" in text]
    assert line.startswith("platform/橙团骑手2026年10月.csv：本次未到，沿用 2026-11-20 收到的文件")
    causes = {row["person_key"]: row["cause"] for row in one_missing.table("changes")}
    people = one_missing.people()
    assert {causes[people[number]["person_key"]] for number in ORANGE} == {"source_absent"}


def test_the_unit_of_a_file_that_did_not_come_keeps_its_row_of_coverage(one_missing: Case) -> None:
    workers = {row["name"]: row["workers"] for row in one_missing.table("coverage") if row["scope"] == "unit"}
    assert workers["重庆橙团配送有限公司"] == 3


def test_the_file_is_expected_until_it_comes_and_then_no_more_said(one_missing: Case) -> None:
    one_missing.night("drop3", TWO_MONTHS)
    assert not [text for text in one_missing.summaries[-1].warnings if "请催报" in text]
    assert {row["last_seen"] for row in one_missing.table()} == {TWO_MONTHS}


def test_a_file_moved_to_the_folder_it_belongs_to_is_not_carried_on_in_the_wrong_one(
    one_missing: Case, tmp_path: Path
) -> None:
    drop = Path(shutil.copytree(CASES / "c16_one_platform_missing" / "drop3", tmp_path / "moved"))
    shutil.copytree(drop / "platform", drop / "transport", ignore=shutil.ignore_patterns("*.csv", "*.xlsx"))
    file = next(path for path in (drop / "platform").iterdir() if "橙团" in path.name)
    file.rename(drop / "transport" / file.name)
    one_missing.night(drop, TWO_MONTHS + timedelta(days=1))
    warnings = one_missing.summaries[-1].warnings
    (line,) = [text for text in warnings if text.startswith("platform/橙团")]
    assert "本次放在 transport/ 里" in line
    assert not [text for text in warnings if "请催报" in text]


def _without(tmp_path: Path, *files: str) -> Path:
    drop = Path(shutil.copytree(CASES / "c21_two_rolls" / "drop1", tmp_path / "without"))
    for file in files:
        (drop / "party_members" / file).unlink()
    return drop


def test_a_missing_part_of_the_roll_makes_nobody_a_stranger_and_stops_where_it_cannot_be_carried(
    tmp_path: Path,
) -> None:
    case = new_case("c21_two_rolls", tmp_path)
    case.night("drop1", FIRST)
    key = case.people()["DY0008"]["person_key"]
    drop = _without(tmp_path, "龙洲街道党员名册.csv")
    case.night(drop, FIRST + timedelta(days=1))
    assert case.codes("DY0008") == ["N0"]
    assert [text for text in case.summaries[-1].warnings if "party_members/龙洲街道党员名册.csv：本次未到" in text]
    (drop / "party_members" / "石栈街道党员名册.csv").rename(drop / "party_members" / "城南街道党员名册.csv")
    case.night(drop, FIRST + timedelta(days=2))
    (line,) = [text for text in case.summaries[-1].warnings if "party_members/石栈街道党员名册.csv：本次未到" in text]
    assert "城南街道党员名册" in line
    assert "replaced_by" in line
    with pytest.raises(InputError, match="名册的一部分本次未到") as stopped:
        case.night(drop, FIRST + timedelta(days=60))
    for said in ("过了沿用期限 45 天", "补齐该文件", "replaced_by", "stopped = true", "patience_days"):
        assert said in str(stopped.value)
    row = case.person(key)
    assert row is not None
    assert row["statuses"] == ["N0"]


def test_a_source_that_sent_nothing_is_carried_as_a_missing_part_is_until_the_same_patience_ends(
    tmp_path: Path,
) -> None:
    case = new_case("c16_one_platform_missing", tmp_path)
    case.night("drop1", FIRST)
    before, cover = case.people(), {row["name"]: row["workers"] for row in case.table("coverage")}
    drop = Path(shutil.copytree(CASES / "c16_one_platform_missing" / "drop1", tmp_path / "drop"))
    shutil.rmtree(drop / "platform")
    summary = case.night(drop, MONTH)
    people = case.people()
    assert {number: row["statuses"] for number, row in people.items()} == {
        number: row["statuses"] for number, row in before.items()
    }
    assert {row["last_seen"] for row in people.values()} == {FIRST}
    assert not [row for row in people.values() if "not_seen" in row["flags"]]
    assert {row["name"]: row["workers"] for row in case.table("coverage")} == cover
    lines = [text for text in summary.warnings if text.startswith("platform/") and text.endswith("请催报")]
    assert len(lines) == 2
    assert [line.note for line in summary.sources if line.source == "platform"] == ["本次未到"]
    summary = case.night(drop, TWO_MONTHS)
    assert len([text for text in summary.warnings if "已过沿用期限，其记录按撤下处理" in text]) == 2
    assert {"not_seen" in row["flags"] for row in case.people().values()} == {True}


def _renamed_and_joined(tmp_path: Path) -> tuple[Path, Path]:
    """Night one: the roll in two parts. Then the roll whole but for its last row, 橙团 under a new name."""
    first = Path(shutil.copytree(CASES / "c16_one_platform_missing" / "drop1", tmp_path / "first"))
    (roll,) = (first / "party_members").glob("*.csv")
    head, *rows = roll.read_text("utf-8").splitlines()
    half = len(rows) // 2
    roll.unlink()
    for name, part in (("城东片.csv", rows[:half]), ("城西片.csv", rows[half:])):
        (first / "party_members" / name).write_text("\n".join([head, *part]) + "\n", "utf-8")
    later = Path(shutil.copytree(first, tmp_path / "later"))
    for name in ("城东片.csv", "城西片.csv"):
        (later / "party_members" / name).unlink()
    (later / "party_members" / "全区党员.csv").write_text("\n".join([head, *rows[:-1]]) + "\n", "utf-8")
    (orange,) = (later / "platform").glob("橙团*.csv")
    orange.rename(orange.with_name("甜橙配送11月.csv"))
    return first, later


def test_a_roll_sent_whole_and_a_file_renamed_count_once_and_are_asked_every_night_until_answered(
    tmp_path: Path,
) -> None:
    case = new_case("c16_one_platform_missing", tmp_path)
    first, later = _renamed_and_joined(tmp_path)
    case.night(first, FIRST)
    before = case.people()
    for days in (1, 2):
        night = FIRST + timedelta(days=days)
        summary = case.night(later, night)
        asked = [text for text in summary.warnings if "expected.toml" in text]
        assert len(asked) == 3
        (orange,) = [text for text in asked if text.startswith("platform/橙团骑手2026年10月.csv：")]
        assert "新来的 甜橙配送11月.csv 里已有它 3 行中的 3 行，这些行不重复计入；" in orange
        assert 'sources/memory/expected.toml 里 file = "橙团骑手2026年10月.csv" 一段写 replaced_by = ' in orange
        (west,) = [text for text in asked if text.startswith("party_members/城西片.csv：")]
        assert "其余 1 行沿用" in west
        people = case.people()
        assert {number: row["statuses"] for number, row in people.items()} == {
            number: row["statuses"] for number, row in before.items()
        }
        assert {row["last_seen"] for number, row in people.items() if number in ORANGE} == {night}
        assert not [text for text in summary.notices if "duplicate_roll_entry" in text]
        assert not [row for row in case.table() if "duplicate_roll_entry" in row["flags"]]
        assert case.table("review") == []
    listed = json.loads(sanzhao("sources", "list", "--home", case.home.root, "--json").out)
    expected = {one["file"]: one for source in listed for one in source["expected"]}
    assert (expected["城西片.csv"]["came_on"], expected["城西片.csv"]["days_left"]) == ("2026-11-20", 43)
    assert "全区党员.csv 取代" in expected["城西片.csv"]["question"]
    assert expected["全区党员.csv"]["question"] == expected["蓝骑骑手2026年10月.csv"]["question"] == ""
    path = case.home.sources / "memory" / "expected.toml"
    text = path.read_text("utf-8")
    for old, new in (
        ("橙团骑手2026年10月.csv", "甜橙配送11月.csv"),
        ("城东片.csv", "全区党员"),
        ("城西片.csv", "全区党员"),
    ):
        block = next(one for one in text.split("[[file]]") if f'file = "{old}"' in one)
        text = text.replace(block, block.replace('replaced_by = ""', f'replaced_by = "{new}"'))
    path.write_text(text, "utf-8")
    summary = case.night(later, FIRST + timedelta(days=3))
    assert not [text for text in summary.warnings if "expected.toml" in text or "请催报" in text]
    assert [one for one in case.people() if one in ORANGE]


def test_under_an_objection_nothing_tells_how_somebody_came_into_the_ledger(tmp_path: Path) -> None:
    case = new_case("c22_objection", tmp_path)
    case.night("drop1", FIRST)
    of = {code: row["person_key"] for row in case.table() for code in row["statuses"]}
    with opened_store(case.home) as store:
        for code in ("W1", "D1"):
            store.raise_objection(of[code], FIRST, "本人")
    case.night("drop2", FIRST + timedelta(days=1))
    told = ("W1", "D1", "own_job", "declared", "自报", "岗位", "名册")
    for code in ("W1", "D1"):
        row = case.person(of[code])
        assert row is not None
        assert (row["statuses"], row["match_class"], row["objection"], row["lead_state"]) == (
            [],
            "withheld",
            True,
            "异议",
        )
        changes = [one for one in case.table("changes") if one["person_key"] == of[code]]
        for word in told:
            assert word not in str(row), word
            assert word not in str(changes), word
    both = [{name: cell for name, cell in row.items() if name in _SAID} for row in case.table() if row["objection"]]
    assert both[0] == both[1]
    views = views_of(pq.read_table(case.home.ledger / "ledger.parquet"))
    assert disagreements(views, len(case.table())) == []
    for name in ("search_1", "search_2", "search_3", "assist_check"):
        assert not set(of.values()) - {of["L1"]} & set(views[name]["person_key"].to_pylist()), name
    with opened_store(case.home) as store:
        for code in ("W1", "D1"):
            store.answer_objections(of[code], FIRST + timedelta(days=1), "已核")
    case.night("drop2", FIRST + timedelta(days=2))
    for code in ("W1", "D1"):
        row = case.person(of[code])
        assert row is not None
        assert row["statuses"] == [code]


_SAID = (
    "primary_status", "statuses", "match_class", "match_weight", "match_probability", "match_reason", "flags",
    "evidence", "leads", "lead_state", "platforms", "member_no", "member_type", "joined_on", "home_org_code",
    "home_org_name", "host_org_code", "host_org_name", "host_rule",
)  # fmt: skip
