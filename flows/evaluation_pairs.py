"""How decided pairs stand against true ones: at the decision, and at the threshold best for this very truth."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from flows.evaluation import point_lines
from flows.evaluation_curve import Point, Share, Step, best, calibration, curve, point
from matchers.engine import embedded
from schemas.errors import InputError


@dataclass(frozen=True)
class PairsEvaluation:
    """Pairs against a truth. `at_best_threshold` was chosen on the truth itself: a bound, not a result."""

    at_decision: Point
    at_best_threshold: Point
    best_threshold_bits: float | None
    in_review: int
    true_in_review: int
    calibration: dict[str, Share]
    curve: tuple[Step, ...] = ()

    def to_json(self) -> str:
        """The whole evaluation as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def evaluate_pairs(pairs: pa.Table, truth: pa.Table) -> PairsEvaluation:
    """One evaluation of PAIRS against TRUTH (left_id, right_id). Raises InputError where a column is missing."""
    for name, table, columns in (
        ("PAIRS", pairs, ("left_id", "right_id", "match_weight", "match_probability", "decision")),
        ("TRUTH", truth, ("left_id", "right_id")),
    ):
        missing = tuple(column for column in columns if column not in table.schema.names)
        if missing:
            raise InputError("缺少列", where=name, rule="columns", examples=missing, action="核对文件")
    with embedded(pairs=pairs, truth=truth) as con:
        rows = con.execute(
            "select match_weight::double as w, match_probability::double as p, decision, t.l is not null as hit "
            "from pairs x left join (select distinct left_id::varchar as l, right_id::varchar as r from truth) t "
            "on t.l = x.left_id::varchar and t.r = x.right_id::varchar order by w desc, x.left_id, x.right_id"
        ).fetchnumpy()
        found = con.execute("select count(*) from (select distinct left_id, right_id from truth)").fetchone()
    return _measured(rows, int(found[0]) if found else 0)


def _measured(rows: dict[str, Any], true_pairs: int) -> PairsEvaluation:
    hit, decision = np.asarray(rows["hit"], bool), np.asarray(rows["decision"])
    linked, waiting = decision == "link", decision == "review"
    weights = np.asarray(rows["w"], float)
    highest, bits = best(weights, hit, true_pairs)
    return PairsEvaluation(
        at_decision=point(int((linked & hit).sum()), int(linked.sum()), true_pairs),
        at_best_threshold=highest,
        best_threshold_bits=bits,
        in_review=int(waiting.sum()),
        true_in_review=int((waiting & hit).sum()),
        calibration=calibration(np.asarray(rows["p"], float), hit),
        curve=curve(weights, hit, true_pairs),
    )


def pairs_lines(result: PairsEvaluation) -> list[str]:
    """The evaluation in Chinese, a line per figure."""
    lines = point_lines(
        ("按结论", result.at_decision), ("按最佳阈值（在真值上挑的，只作上限）", result.at_best_threshold)
    )
    lines.append(f"待核 {result.in_review} 对，其中真对 {result.true_in_review}")
    lines += [f"概率 {band}：{share.right}/{share.of} 为真" for band, share in result.calibration.items() if share.of]
    return lines
