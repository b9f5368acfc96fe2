"""Mangled files: read or refused with a clear line; never a traceback, a hang, a gigabyte, or a row out of nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.flows.staging.mangling import MEGABYTES, SECONDS, Outcome, mangled, read_all
from tests.flows.staging.night import staged


def check(outcomes: list[Outcome], peak: int) -> None:
    bad = [one for one in outcomes if one.traceback]
    assert not bad, bad[:5]
    slow = [one for one in outcomes if one.seconds > SECONDS]
    assert not slow, slow[:5]
    assert peak < MEGABYTES


def test_sixty_mangled_files_are_read_or_refused() -> None:
    outcomes, peak = read_all(mangled(60, seed=4))
    assert {one.said for one in outcomes} == {"read", "refused"}
    check(outcomes, peak)


@pytest.mark.prove
def test_two_thousand_mangled_files_are_read_or_refused() -> None:
    outcomes, peak = read_all(mangled(2000, seed=2026))
    said = Counter(one.said for one in outcomes)
    print(f"\n2000 mangled files: {dict(said)}, slowest {max(one.seconds for one in outcomes):.2f} s, peak {peak} MB")
    check(outcomes, peak)


STRAY = """
    select file, sheet from stage_platform anti join (
        select file, coalesce(sheet, '') as place from stage_files where source = 'platform' and state = 'read'
    ) as good on stage_platform.file = good.file and coalesce(stage_platform.sheet, '') = good.place
"""
FILLED = "select file from stage_files where state <> 'read' and (rows_in > 0 or accepted > 0 or quarantined > 0)"


def test_nothing_of_a_refused_file_is_staged(tmp_path: Path) -> None:
    files = {f"platform/{name}": data for name, data in mangled(70, seed=5)}
    with staged(tmp_path, files) as night:
        assert night.rows(FILLED) == []
        assert night.rows(STRAY) == []
        assert night.rows("select file from stage_files where rows_in <> accepted + quarantined") == []
        assert night.one("select sum(accepted) from stage_files where source = 'platform'") == night.one(
            "select count(*) from stage_platform"
        )
        refused = night.rows("select message from stage_files where state = 'refused'")
        assert refused
        assert all("规则 " in line and "处理办法" in line for (line,) in refused)
