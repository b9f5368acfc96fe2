"""`sanzhao explain`: every linked person's row can be told step by step, and nothing personal is told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.home.folders import Home
from flows.originals.explaining import explain
from schemas.errors import HomeError
from schemas.policy import load_policy

pytestmark = pytest.mark.slow


def test_every_linked_person_is_explained_down_to_the_bits(finished_home: Path) -> None:
    home, policy = Home(finished_home), load_policy(None)
    rows = pq.read_table(finished_home / "ledger" / "ledger.parquet").to_pylist()
    linked = [row for row in rows if row["match_class"] in ("exact", "strong")]
    assert linked
    for row in linked:
        told = "\n".join(explain(home, row["person_key"], policy))
        assert "逐项（比特）" in told
        assert f"合计 {row['match_weight']:.1f}" in told
        for parts, total in re.findall(r"逐项（比特）：(.*?)；合计 (-?[0-9.]+)，", told):
            bits = [float(part.rsplit(" ", 1)[1]) for part in parts.split("；")]
            assert parts.startswith("起始") and abs(sum(bits) - float(total)) < 0.06 * (len(bits) + 1), parts
        assert all(f"- {code}" in told for code in row["statuses"])


def test_a_person_by_own_job_is_explained_by_the_roll_alone(finished_home: Path) -> None:
    rows = pq.read_table(finished_home / "ledger" / "ledger.parquet").to_pylist()
    row = next(row for row in rows if row["match_class"] == "own_job")
    told = "\n".join(explain(Home(finished_home), row["person_key"], load_policy(None)))
    assert "W1" in told
    assert "逐项" not in told


def test_without_the_landing_copies_the_row_is_still_told(finished_home: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(finished_home, tmp_path / "home"))
    shutil.rmtree(copy / "landing")
    row = pq.read_table(copy / "ledger" / "ledger.parquet").to_pylist()[0]
    assert row["match_reason"] in "\n".join(explain(Home(copy), row["person_key"], load_policy(None)))


def test_an_unknown_key_is_one_clear_refusal(finished_home: Path) -> None:
    with pytest.raises(HomeError, match="没有"):
        explain(Home(finished_home), "p-nobody", load_policy(None))
