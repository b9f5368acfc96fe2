"""One entry per judged pair, whatever its match weight: `link` always links; `not_link` never links and is no rival."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import Pairs, Seqs, unpacked
from matchers.deciding.clusters import root_of
from matchers.deciding.judgements import JudgedPairs
from matchers.deciding.thresholds import decide, keep_scored
from matchers.model.link_model import LinkModel
from matchers.relations import append
from matchers.sides.encoded import Both
from matchers.weighing.score import Scored, score_pairs
from matchers.weighing.weights import Learned
from schemas.errors import TableError
from schemas.rules import Rule

_WHATEVER = 1e-300
"""The lowest threshold there is: judged pairs are never pruned."""
_EXAMPLES = 10


def refuse_contradictions(placed: JudgedPairs, unique: tuple[str, ...], *, same: bool) -> None:
    """Raise TableError where judgements cannot all hold: two partners of a row that has one at most, or rows of one
    table that some say are one person and others are not."""
    left, right = unpacked(placed.same)
    if same:
        group = root_of(zip(left.tolist(), right.tolist(), strict=True))
        apart = zip(placed.other.tolist(), *(part.tolist() for part in unpacked(placed.other)), strict=True)
        _refuse(placed, [pair for pair, left, right in apart if group(left) == group(right)],
                "判断自相矛盾：判为不是同一人的两行，经别的判断又连成一人")  # fmt: skip
        return
    for side, rows in (("left", left), ("right", right)):
        if side in unique:
            twice = np.isin(rows, rows[_repeated(rows)])
            _refuse(placed, placed.same[twice].tolist(), "判断自相矛盾：同一行判给了两个人，而模型规定它只对一个")


def _repeated(rows: Seqs) -> Seqs:
    order = np.argsort(rows, kind="stable")
    return np.asarray(order[1:][rows[order][1:] == rows[order][:-1]], np.int64)


def _refuse(placed: JudgedPairs, pairs: list[int], message: str) -> None:
    if pairs:
        lines = sorted(placed.lines[pair] for pair in pairs)
        raise TableError(
            message, where="判断表", rule=Rule.JUDGEMENTS_CONTRADICT, count=len(lines),
            examples=tuple(f"第{line}行" for line in lines[:_EXAMPLES]), action="核对这些行（表头不算），改正或删去",
        )  # fmt: skip


def score_judged(
    con: duckdb.DuckDBPyConnection, model: LinkModel, learned: Learned, both: Both, scored: Scored, placed: JudgedPairs
) -> Scored:
    """The scored pairs and every pair judged `link`, whatever its match weight and whichever blocking rule finds it."""
    rest = scored.where(~np.isin(scored.pairs, placed.same))
    confirmed = score_pairs(con, whatever_weight(model), learned, both, [placed.same])
    return Scored(
        np.concatenate([rest.pairs, confirmed.pairs]),
        np.concatenate([rest.patterns, confirmed.patterns]),
        np.concatenate([rest.bits, confirmed.bits]),
    )


def whatever_weight(model: LinkModel) -> LinkModel:
    """The model with thresholds so low that it prunes no pair."""
    return model.model_copy(update={"review_probability": _WHATEVER})


def decide_judged(
    con: duckdb.DuckDBPyConnection, model: LinkModel, scored: Scored, placed: JudgedPairs, *, same: bool
) -> None:
    """Make `decided`: the judged as they were judged, what would take a partner that is given away rejected, and the
    rest among themselves."""
    linked, denied = np.isin(scored.pairs, placed.same), np.isin(scored.pairs, placed.other)
    denied |= ~linked & _given_away(model, scored.pairs, placed, same=same)
    keep_scored(con, scored.where(~linked & ~denied))
    decide(con, model, same=same)
    for decision, those in (("link", scored.where(linked)), ("reject", scored.where(denied))):
        left, right = unpacked(those.pairs)
        append(con, "decided", pa.table({
            "la": left.astype(np.int32), "ra": right.astype(np.int32), "pattern": those.patterns,
            "match_weight": those.bits, "decision": pa.array([decision] * len(left), pa.string()),
        }))  # fmt: skip


def _given_away(model: LinkModel, pairs: Pairs, placed: JudgedPairs, *, same: bool) -> np.ndarray:
    gone = np.zeros(len(pairs), bool)
    for side, rows_of_side, given in zip(("left", "right"), unpacked(pairs), unpacked(placed.same), strict=True):
        if side in model.unique and not same:
            gone |= np.isin(rows_of_side, given)
    return gone


def kept_apart(pairs: pa.Table, judgements: pa.Table) -> pa.Table:
    """The decided pairs of one table; links that would put rows judged `not_link` into one cluster become review.

    Links are taken judged ones first, then by match weight, so the weakest link between the two rows becomes review.
    """
    newest = {tuple(sorted((row["left_id"], row["right_id"]))): row["judgement"] for row in judgements.to_pylist()}
    apart: dict[str, set[str]] = {}
    for (left, right), judgement in newest.items():
        if judgement == "not_link":
            apart.setdefault(left, set()).add(right)
            apart.setdefault(right, set()).add(left)
    if not apart:
        return pairs
    waiting = _joining(pairs, newest, apart)
    decisions = ["review" if at in waiting else decision for at, decision in enumerate(pairs["decision"].to_pylist())]
    place = pairs.schema.get_field_index("decision")
    return pairs.set_column(place, "decision", pa.array(decisions, pa.string()))


def _joining(pairs: pa.Table, newest: dict[tuple[str, ...], str], apart: dict[str, set[str]]) -> set[int]:
    """The places of links that would join rows judged `not_link`."""
    rows = pairs.select(["left_id", "right_id", "match_weight", "decision"]).to_pylist()
    links = [at for at, row in enumerate(rows) if row["decision"] == "link"]
    confirmed = {at for at in links if newest.get(tuple(sorted((rows[at]["left_id"], rows[at]["right_id"])))) == "link"}
    links.sort(key=lambda at: (at not in confirmed, -rows[at]["match_weight"], at))
    members: dict[str, set[str]] = {}
    refused = set()
    for at in links:
        left_members, right_members = (
            members.setdefault(rows[at][side], {rows[at][side]}) for side in ("left_id", "right_id")
        )
        if any(not apart.get(row, set()).isdisjoint(right_members) for row in left_members):
            refused.add(at)
        elif left_members is not right_members:
            left_members |= right_members
            members.update(dict.fromkeys(right_members, left_members))
    return refused
