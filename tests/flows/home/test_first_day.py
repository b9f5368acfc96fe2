"""A home's first day: what was said of the district stands in its configuration and in its drop folders."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from flows.cli.first_day import coming
from flows.home.first_day import FirstDay, begin, sender_of, source_named
from flows.home.folders import Home
from flows.home.settings import load_settings
from flows.landing.drop import look_at
from schemas.contracts import load_sources
from schemas.errors import InputError
from schemas.provenance import parse_provenance, provenance_text
from tests.flows.command import SANZHAO, clean_environment

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


def test_an_answer_is_understood_or_asked_again() -> None:
    understood = {
        "comes": ("有", "有的", "会有", "是", "y", "1"),
        "never": ("没有", "无", "不会有", "永远不会有", "从来没有", "不需要", "n", "2"),
        "later": ("", "以后再说", "不清楚", "暂时没有", "目前没有", "还没有"),
        None: ("嗯", "好", "也许"),
    }
    assert {answer: coming(answer) for answers in understood.values() for answer in answers} == {
        answer: found for found, answers in understood.items() for answer in answers
    }


def test_on_a_terminal_it_asks_understands_and_says_what_is_still_lacking(tmp_path: Path) -> None:
    """Answers come as keys do; whoever answers the same for every source presses enter."""
    home, answers = tmp_path / "数据", ["澜江区", "", "张主任", "000-1", "澜〔2026〕3号", ""]
    for name in (name for name in CONTRACTS if name != "party_members"):
        if name == "platform":
            answers += ["嗯", "有", "蓝骑公司", "", "", "", ""]
        else:
            answers.append("不会有" if name == "transport" else "")
    master, worker = pty.openpty()
    command = [str(SANZHAO), "init", "--home", str(home)]
    with subprocess.Popen(command, stdin=worker, stdout=subprocess.PIPE, env=clean_environment(), text=True) as asked:
        os.write(master, "".join(f"{answer}\n" for answer in answers).encode())
        said, _ = asked.communicate(timeout=60)
    assert asked.returncode == 0
    assert "没听懂“嗯”" in said
    assert "回车同上：张主任" in said
    assert "永远不会有的：交通" in said
    assert "党员名册（法律依据）；平台（法律依据）" in said
    settings = load_settings(Home(home))
    assert (settings.comes, settings.never) == (("party_members", "platform"), ("transport",))
    record = (home / "drop/platform/provenance.toml").read_text("utf-8")
    assert all(text in record for text in ("蓝骑公司", "张主任", "澜〔2026〕3号", 'legal_basis = ""'))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"provider = \xe2\x80\x9cx\xe2\x80\x9d", "第1行写法有误：用了中文引号"),
        ('provider = "区委"\nowner = 张三'.encode(), "第2行写法有误"),
        ('provider = "区委'.encode("gb18030"), "第1行写法有误"),
        ('provider = "区委"\nowner = ""'.encode("gb18030"), "legal_basis（法律依据）"),
    ],
)
def test_a_record_that_cannot_be_read_is_told_by_line_or_by_item(text: bytes, told: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_provenance(provenance_text(text), "platform/provenance.toml")
    assert told in str(refused.value)
    assert "Invalid" not in str(refused.value)


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
