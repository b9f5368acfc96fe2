from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright

from flows.cli.app import app
from flows.cli.ending import ended
from flows.evaluate.pairs import evaluate_pairs
from matchers.measuring.curve import best, curve, wilson
from schemas.errors import InputError


def pairs(*rows: tuple[str, str, float, str]) -> pa.Table:
    return pa.table({
        "left_id": [row[0] for row in rows],
        "right_id": [row[1] for row in rows],
        "match_weight": [row[2] for row in rows],
        "match_probability": [1 / (1 + 2 ** -row[2]) for row in rows],
        "decision": [row[3] for row in rows],
    })  # fmt: skip


TRUTH = pa.table({"left_id": ["a", "b", "c"], "right_id": ["x", "y", "z"]})


def test_counts_stand_beside_rates_at_the_decision() -> None:
    found = evaluate_pairs(pairs(("a", "x", 9.0, "link"), ("b", "q", 3.0, "link"), ("c", "z", -1.0, "review")), TRUTH)
    assert (found.at_decision.precision.right, found.at_decision.precision.of) == (1, 2)
    assert (found.at_decision.recall.right, found.at_decision.recall.of) == (1, 3)
    assert found.at_decision.f1 == pytest.approx(0.4)
    assert (found.in_review, found.true_in_review) == (1, 1)


def test_the_best_threshold_is_found_on_the_truth() -> None:
    found = evaluate_pairs(pairs(("a", "x", 9.0, "link"), ("b", "y", 2.0, "reject"), ("c", "q", 1.0, "link")), TRUTH)
    assert found.best_threshold_bits == 2.0
    assert found.at_best_threshold.f1 == pytest.approx(0.8)


def test_calibration_counts_true_pairs_in_each_band() -> None:
    found = evaluate_pairs(pairs(("a", "x", 0.5, "link"), ("b", "q", 0.5, "link"), ("c", "z", 20.0, "link")), TRUTH)
    assert (found.calibration["0.5-0.8"].right, found.calibration["0.5-0.8"].of) == (1, 2)
    assert (found.calibration["0.95-1.0"].right, found.calibration["0.95-1.0"].of) == (1, 1)


def test_no_pairs_at_all_is_recall_zero_and_no_rate_for_precision() -> None:
    found = evaluate_pairs(pairs(), TRUTH)
    assert found.at_decision.precision.rate is None
    assert found.at_decision.recall.rate == 0


def test_wilson_holds_known_values() -> None:
    share = wilson(10, 10)
    assert share.low == pytest.approx(0.722467, abs=1e-5)
    assert share.high == 1.0


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="decision"):
        evaluate_pairs(pairs(("a", "x", 1.0, "link")).drop_columns(["decision"]), TRUTH)


def test_the_command_takes_a_home_or_pairs_not_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, truth = tmp_path / "pairs.parquet", tmp_path / "truth.parquet"
    pq.write_table(pairs(("a", "x", 9.0, "link")), given)
    pq.write_table(TRUTH, truth)
    assert ended(app, ["evaluate", str(given), "--truth", str(truth)]) == 0
    assert "召回 1/3" in capsys.readouterr().out
    assert ended(app, ["evaluate", str(given), "--home", str(tmp_path), "--truth", str(truth)]) == 2
    assert ended(app, ["evaluate", "--truth", str(truth)]) == 2


def test_the_curve_keeps_pairs_of_one_weight_together_and_its_ends() -> None:
    weights, hit = np.array([5.0, 3.0, 3.0, -2.0]), np.array([True, True, False, True])
    steps = curve(weights, hit, 4)
    assert [(step.bits, step.point.precision.of, step.point.precision.right) for step in steps] == [
        (5.0, 1, 1), (3.0, 3, 2), (-2.0, 4, 3)
    ]  # fmt: skip


@given(st.lists(st.tuples(st.floats(-20, 60), st.booleans()), min_size=1, max_size=900))
def test_no_threshold_of_the_curve_beats_the_best(rows: list[tuple[float, bool]]) -> None:
    rows = sorted(rows, key=lambda row: -row[0])
    weights, hit = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    true_pairs = int(hit.sum()) + 3
    top = best(weights, hit, true_pairs)[0].f1
    steps = curve(weights, hit, true_pairs)
    assert all(step.point.f1 <= top + 1e-6 for step in steps)
    assert steps[-1].point.precision.of == len(rows)
    assert len(steps) <= 300


@pytest.mark.slow
def test_the_page_draws_its_curve_without_a_request(tmp_path: Path) -> None:
    given_pairs, truth, page = tmp_path / "pairs.parquet", tmp_path / "truth.parquet", tmp_path / "page.html"
    pq.write_table(pairs(("a", "x", 9.0, "link"), ("b", "q", 3.0, "link"), ("c", "z", -1.0, "review")), given_pairs)
    pq.write_table(TRUTH, truth)
    assert ended(app, ["evaluate", str(given_pairs), "--truth", str(truth), "--page", str(page)]) == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        shown, asked, broken = browser.new_page(), [], []
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("pageerror", lambda error: broken.append(str(error)))
        shown.goto(page.as_uri())
        shown.wait_for_selector("#curve svg", timeout=20_000)
        text = shown.inner_text("body")
        browser.close()
    assert asked == [page.as_uri()]
    assert not broken
    assert "在真值上挑的" in text
    assert "1/2" in text
