"""Truth: what is linkable and which status a person has, by named cases."""

from __future__ import annotations

import ast
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import flows.sample
from flows.sample import SampleOptions, generate
from flows.sample.linkable import LINKS, RegistryIdentity, evidence, numbers_of
from flows.sample.sheets import Fact, Layout, Masking, NameShown, SampleSheet, new_sheet
from flows.sample.statuses import ORDER, LinkableWork, SampleDate, statuses

HOME, AWAY = "中共澜江区云溪街道东林社区第一支部委员会", "中共忠远县白石镇东林村支部委员会"
TONIGHT = SampleDate(date(2026, 11, 19), frozenset({HOME}))


def shown(identity: Masking, name: NameShown, phone: Masking, number: str = "13800000001") -> SampleSheet:
    sheet = new_sheet("platform", "一.csv", Layout("csv"), np.array([0]))
    sheet.id_shown[:], sheet.name_shown[:], sheet.phone_shown[:], sheet.phones[:] = identity, name, phone, number
    return sheet


def registry(
    identity: Masking = Masking.FULL, name: NameShown = NameShown.FULL, phone: str = "13800000001"
) -> RegistryIdentity:
    one = RegistryIdentity.of_nobody(1)
    one.seen[0], one.id_shown[0], one.name[0] = True, identity, name
    one.phones = numbers_of(np.array([phone], object))
    return one


@pytest.mark.parametrize(
    ("row", "known", "tier"),
    [
        (shown(Masking.FULL, NameShown.FULL, Masking.NOTHING), registry(), "full_id"),
        (shown(Masking.FULL, NameShown.ALTERED, Masking.NOTHING), registry(), "full_id"),
        (shown(Masking.MASK_6_4, NameShown.FULL, Masking.NOTHING), registry(), "name_6_4"),
        (shown(Masking.FIRST_15, NameShown.FULL, Masking.NOTHING), registry(), "name_15"),
        (shown(Masking.FULL, NameShown.FULL, Masking.NOTHING), registry(Masking.FIRST_15), "name_15"),
        (shown(Masking.NOTHING, NameShown.FULL, Masking.MASK_3_4), registry(), "name_3_4"),
        (shown(Masking.MASK_OTHER, NameShown.FULL, Masking.FULL), registry(Masking.NOTHING), "name_phone"),
    ],
)
def test_what_meets_a_tier_is_linkable(row: SampleSheet, known: RegistryIdentity, tier: str) -> None:
    assert list(evidence(row, np.array([0]), known)) == [tier]
    assert tier in LINKS


@pytest.mark.parametrize(
    ("row", "known"),
    [
        (shown(Masking.MASK_6_4, NameShown.MASKED, Masking.MASK_3_4), registry()),
        (shown(Masking.MASK_OTHER, NameShown.FULL, Masking.NOTHING), registry()),
        (shown(Masking.MASK_6_4, NameShown.FULL, Masking.NOTHING), registry(Masking.NOTHING)),
        (shown(Masking.MASK_6_4, NameShown.ALTERED, Masking.MASK_3_4), registry()),
        (shown(Masking.NOTHING, NameShown.FULL, Masking.FULL), registry(phone="13900000002")),
        (shown(Masking.LAST_4, NameShown.FULL, Masking.NOTHING), registry()),
        (shown(Masking.CONFLICT, NameShown.FULL, Masking.FULL), registry()),
        (shown(Masking.MASK_6_4, NameShown.FULL, Masking.FULL), registry(Masking.CONFLICT)),
    ],
)
def test_masked_names_weak_parts_changed_phones_and_conflicts_are_not_linkable(
    row: SampleSheet, known: RegistryIdentity
) -> None:
    assert evidence(row, np.array([0]), known)[0] not in LINKS


def facts_of(source: str, **facts: Fact) -> tuple[SampleSheet, int]:
    sheet = new_sheet(source, "一.csv", Layout("csv"), np.array([0]))
    sheet.facts = {name: [fact] for name, fact in facts.items()}
    return sheet, 0


def on_roll(**changed: Fact) -> tuple[SampleSheet, int]:
    usual: dict[str, Fact] = {
        "branch_name": HOME,
        "stopped": False,
        "lost": False,
        "floating": False,
        "own_job": False,
        "joined_on": date(2015, 7, 1),
    }
    return facts_of("party_members", **(usual | changed))


def letter(issued: date, state: str | None, target: str = AWAY) -> tuple[SampleSheet, int]:
    until = issued + timedelta(days=90)
    return facts_of("party_transfers", issued_on=issued, valid_until=until, reception_state=state, to_org=target)


WORKS = LinkableWork(linked=1, rows=1, starts=[date(2024, 3, 1)])


@pytest.mark.parametrize(
    ("rows", "work", "codes"),
    [
        ([on_roll()], WORKS, ["N0"]),
        ([on_roll()], LinkableWork(), []),
        ([on_roll(own_job=True)], LinkableWork(), ["W1"]),
        ([on_roll(stopped=True)], WORKS, ["S1"]),
        ([on_roll(lost=True, floating=True)], WORKS, ["L1", "F1"]),
        ([on_roll(), letter(date(2025, 3, 1), "未接收")], WORKS, ["P1"]),
        ([on_roll(), letter(date(2025, 3, 1), "退回")], WORKS, ["N0"]),
        ([on_roll(), letter(date(2025, 3, 1), None)], WORKS, ["N0"]),
        ([on_roll(), letter(date(2026, 10, 1), "未接收")], WORKS, ["N0"]),
        ([on_roll(), letter(date(2025, 3, 1), "未接收"), letter(date(2025, 8, 1), "已接收")], WORKS, ["N0"]),
        ([on_roll(), letter(date(2025, 3, 1), "审批超时", HOME)], WORKS, ["N0"]),
        ([on_roll()], LinkableWork(linked=1, denials=[date(2020, 1, 1)]), ["Y1"]),
        ([on_roll()], LinkableWork(linked=1, denials=[date(2014, 1, 1)]), ["N0"]),
        ([on_roll(branch_name=AWAY)], WORKS, ["P2"]),
        ([facts_of("floating_members", direction="流入")], WORKS, ["F2"]),
    ],
)
def test_statuses_follow_the_rules(rows: list[tuple[SampleSheet, int]], work: LinkableWork, codes: list[str]) -> None:
    assert statuses(rows, work, TONIGHT) == codes


def test_the_shipped_sample_is_what_the_generator_writes(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "data/sample"
    generate(SampleOptions(workers=2000, members=3000, seed=20261119, out=tmp_path, member_share=0.10, nights=3))
    ours = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    theirs = {path.relative_to(shipped): path.read_bytes() for path in shipped.rglob("*") if path.is_file()}
    assert sorted(ours) == sorted(theirs)
    assert [str(path) for path in ours if ours[path] != theirs[path]] == []


def test_every_status_has_ten_cases_on_every_shipped_night() -> None:
    shipped = Path(__file__).parents[3] / "data/sample"
    for night in sorted(shipped.iterdir()):
        counts: dict[str, int] = {}
        for codes in pq.read_table(night / "truth/members.parquet")["statuses"].to_pylist():
            for code in codes:
                counts[code] = counts.get(code, 0) + 1
        assert {code for code, count in counts.items() if count >= 10} == set(ORDER)


def test_truth_is_independent_of_matcher_and_staging() -> None:
    forbidden = ("matchers", "flows.staging", "flows.matching", "flows.landing")
    for path in Path(flows.sample.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and str(node.module).startswith(forbidden)), path.name
            if isinstance(node, ast.Import):
                assert not any(one.name.startswith(forbidden) for one in node.names), path.name
