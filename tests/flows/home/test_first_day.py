"""A home's first day: what was said of the district stands in its configuration and in its drop folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.home.first_day import FirstDay, begin, sender_of, source_named
from flows.home.folders import Home
from flows.home.settings import load_settings
from flows.landing.drop import look_at
from schemas.contracts import load_sources
from schemas.errors import InputError

CONTRACTS = load_sources(None)
HOSTILE = '澜江"区\\1'


def begun(folder: Path, day: FirstDay) -> Home:
    home = Home(folder / "home")
    home.make()
    begin(home, day, CONTRACTS)
    return home


def test_what_was_said_is_in_the_configuration_and_the_records(tmp_path: Path) -> None:
    name, sender = sender_of("平台=蓝骑公司,张主任，010-1,X〔2026〕1号", CONTRACTS)
    home = begun(tmp_path, FirstDay(HOSTILE, ("platform",), ("transport",), {name: sender}))
    settings = load_settings(home)
    assert (settings.district, settings.comes, settings.never) == (HOSTILE, ("platform",), ("transport",))
    drop = home.root / "drop"
    assert {path.name for path in drop.iterdir()} == set(CONTRACTS) - {"transport"}
    record = (drop / "platform/provenance.toml").read_text("utf-8")
    assert all(text in record for text in ("蓝骑公司", "张主任", "010-1", "X〔2026〕1号"))
    with pytest.raises(InputError, match="还没有文件"):
        look_at(drop, CONTRACTS, settings)
    roll = drop / "party_members/党员名册.csv"
    roll.write_text("党员编号,姓名\n1,张三\n", "utf-8")
    with pytest.raises(InputError) as refused:
        look_at(drop, CONTRACTS, settings)
    assert "legal_basis" in str(refused.value), "a record with gaps lets nothing in, and says which"
    (drop / "party_members/provenance.toml").write_text(
        (drop / "party_members/provenance.toml").read_text("utf-8").replace('= ""', '= "某"'), "utf-8"
    )
    found = look_at(drop, CONTRACTS, settings)
    assert [source.name for source in found.sources] == ["party_members"]
    assert (found.notes, found.refused) == ((), frozenset()), "folders that still wait are no fault"


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    home = begun(tmp_path, FirstDay("甲区"))
    record = home.root / "drop/platform/provenance.toml"
    record.write_text("mine", "utf-8")
    assert begin(home, FirstDay("乙区"), CONTRACTS) == []
    assert (load_settings(home).district, record.read_text("utf-8")) == ("甲区", "mine")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (FirstDay(never=("party_members",)), "党员名册"),
        (FirstDay(comes=("platform",), never=("platform",)), "又有又没有"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(tmp_path: Path, day: FirstDay, said: str) -> None:
    home = Home(tmp_path / "home")
    home.make()
    with pytest.raises(InputError, match=said):
        begin(home, day, CONTRACTS)
    assert not home.config.exists()


def test_a_source_is_known_by_folder_and_by_title() -> None:
    assert source_named(" 平台 ", CONTRACTS) == source_named("platform", CONTRACTS) == "platform"
    with pytest.raises(InputError, match="没有“名册”这个来源"):
        source_named("名册", CONTRACTS)
