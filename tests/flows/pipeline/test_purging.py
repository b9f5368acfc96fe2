"""Every kind of data has a term, and goes when it is over, with a record of what went."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from flows.home.folders import Home, write_private
from flows.home.settings import Settings
from flows.home.store import opened_store
from flows.pipeline.purging import purge
from tests.flows.ledger.district import KEY, District, context, night, number_of

TODAY = date(2026, 12, 31)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """One published night, old originals and rows to return, reports of it and of versions no longer kept."""
    home = Home(Path(tmp_path_factory.mktemp("purging")))
    district = District()
    district.worker("张伟", number_of(1), district.member("张伟", number_of(1)))
    version = night(district, context(home.root))["version"]
    write_private(home.landing / "2026-11-20" / "run-1" / "0001.sealed", KEY.seal(b"original"))
    write_private(home.landing / "2026-12-20" / "run-2" / "0001.sealed", KEY.seal(b"original"))
    write_private(home.returns / "2026-11-20" / "run-1" / "marks.sealed", KEY.seal(b"marks"))
    write_private(home.returns / "2026-12-20" / "run-2" / "marks.sealed", KEY.seal(b"marks"))
    for name in (version, "20250101T013000Z-ab12", "20990101T013000Z-ab12", "说明"):
        write_private(home.reports / name / "三找台账.xlsx", b"rows")
    return home


def test_what_is_over_goes_and_the_rest_stays(home: Home) -> None:
    gone = purge(home, Settings(), KEY, today=TODAY, who="李管理")
    assert gone == ["landing/2026-11-20/run-1", "returns/2026-11-20/run-1", "reports/20250101T013000Z-ab12"]
    assert sorted(path.name for path in home.landing.iterdir()) == ["2026-12-20"]
    assert sorted(path.name for path in home.returns.iterdir()) == ["2026-12-20"]
    assert len(list(home.reports.iterdir())) == 3
    lines = [json.loads(line) for line in (home.logs / "destroyed.jsonl").read_text("utf-8").splitlines()]
    assert [line["destroyed"] for line in lines] == gone
    with opened_store(home) as store:
        assert [row["who"] for row in store.acts(what="purge")] == ["李管理"]
    assert purge(home, Settings(), KEY, today=TODAY, who="李管理") == []
