"""Arrow columns of decided pairs for the output: names of blocking rules, levels and tiers, and a Chinese sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.deciding.settling import DecidedPairs, Decision, Judgement, Remark, decision_rules_of
from matchers.deciding.tiers import named_levels
from matchers.encoding.several import spans
from matchers.encoding.strings import strings_of
from matchers.model.evidence_tiers import NULL_LEVEL, Remarks
from matchers.model.link_model import LinkModel
from matchers.weighing.chances import levels_at

DECISIONS = ("link", "review", "reject")
CONFIRMED = "confirmed"
JUDGED = "judgement_of_a_person"
_BETTER, _MIXED_IDS = "another_member_fits_better", "rows_with_different_ids"
_FLAGS = ((), ("phone_of_another",), ("shared_phone",), ("phone_of_another", "shared_phone"))
_PARTIAL = "部分"
Codes = npt.NDArray[np.int64]


def numbers(values: npt.NDArray[np.float64]) -> pa.Array:
    """A numpy float64 array as an Arrow column without nulls."""
    return pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def words(names: Sequence[str], codes: Codes) -> pa.Array:
    """One string per code: `names[code]`, null where the code is below 0."""
    missing = codes < 0
    texts = strings_of([*names, ""]).take(np.where(missing, len(names), codes))
    if not missing.any():
        return texts
    _, offsets, data = texts.buffers()
    valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.StringArray.from_buffers(len(codes), offsets, data, valid)


def word_lists(lists: Sequence[Sequence[str]], codes: Codes) -> pa.Array:
    """One list of strings per code: `lists[code]`."""
    sizes = np.array([len(one) for one in lists], np.int64)
    flat = np.arange(int(sizes.sum()))[spans((np.cumsum(sizes) - sizes)[codes], sizes[codes])]
    return _listed(sizes[codes], strings_of([name for one in lists for name in one]).take(flat))


def rule_lists(found_by: Mapping[str, npt.NDArray[np.bool_]]) -> pa.Array:
    """One list per pair: the names of the blocking rules that make it a candidate, in the order of `found_by`."""
    found = np.stack(list(found_by.values()), axis=1)
    return _listed(found.sum(axis=1), strings_of(list(found_by)).take(np.nonzero(found)[1]))


def _listed(sizes: npt.NDArray[np.int64], values: pa.Array) -> pa.Array:
    """A list column from the length of each list and the items of all lists."""
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return pa.ListArray.from_arrays(
        pa.Array.from_buffers(pa.int32(), len(offsets), [None, pa.py_buffer(offsets)]), values
    )


def level_names(model: LinkModel, patterns: npt.NDArray[np.uint64]) -> pa.Array:
    """One struct per level pattern, with the name of the comparison level of each comparison, or `null`."""
    fields = [
        words([NULL_LEVEL, *levels], levels_at(model, patterns, column)) for column, levels in model.comparisons.items()
    ]
    return pa.StructArray.from_arrays(fields, names=list(model.comparisons))


def decision_columns(model: LinkModel, decided: DecidedPairs) -> dict[str, pa.Array]:
    """One entry per pair in each column: decision, match_class, doubt, rule, reason, fields, flags.

    match_class is null unless the pair links, doubt unless it is in review. `rule`: the evidence tier, or what overrode
    it. `fields`: the columns that agree. `flags`: the phone is another row's, or shared by several persons.
    """
    link, review = decided.linked, decided.decision == Decision.REVIEW
    classes = ["exact", "strong", CONFIRMED]
    tier_class = np.array([classes.index(t.match_class) if t.match_class else -1 for t in model.evidence_tiers])
    by_person = decided.judged == Judgement.LINK
    patterns, place = np.unique(decided.scored.patterns, return_inverse=True)
    flags = decided.owners.of_another + 2 * (decided.value_shared | (decided.owners.persons > 1))
    return {
        "decision": words(DECISIONS, decided.decision.astype(np.int64)),
        "match_class": words(classes, np.where(link, np.where(by_person, 2, tier_class[decided.tier]), -1)),
        "doubt": _doubts(model, decided, review),
        "rule": _rules(model, decided),
        "reason": _reasons(model, decided, patterns, place),
        "fields": word_lists([_agreeing(model, int(pattern)) for pattern in patterns], place),
        "flags": word_lists(_FLAGS, flags.astype(np.int64)),
    }


def _doubts(model: LinkModel, decided: DecidedPairs, review: npt.NDArray[np.bool_]) -> pa.Array:
    """Per pair in review why it is there: a rival pair, different IDs in one cluster, or its tier's own doubt."""
    names = sorted({"two_candidates", "conflict", "weak_evidence", *(t.doubt for t in model.evidence_tiers if t.doubt)})
    of_tier = np.array([names.index(tier.doubt or "weak_evidence") for tier in model.evidence_tiers])
    codes = np.where(decided.two_candidates, names.index("two_candidates"), of_tier[decided.tier])
    codes[decided.mixed_ids] = names.index("conflict")
    return words(names, np.where(review, codes, -1))


def _rules(model: LinkModel, decided: DecidedPairs) -> pa.Array:
    """Per pair the name of its evidence tier, or of what overrode it: a rival, a judgement, different IDs."""
    names = [*(tier.name for tier in model.evidence_tiers), JUDGED, _BETTER, _MIXED_IDS]
    codes = decided.tier.copy()
    codes[decided.remark == Remark.BETTER] = names.index(_BETTER)
    codes[decided.judged != Judgement.NONE] = names.index(JUDGED)
    codes[decided.mixed_ids] = names.index(_MIXED_IDS)
    return words(names, codes)


def _reasons(model: LinkModel, decided: DecidedPairs, patterns: npt.NDArray[np.uint64], place: Codes) -> pa.Array:
    """One Chinese sentence per pair: its evidence tier's, followed by what decided beside the tier."""
    ways = place * (2 * len(Remark)) + 2 * decided.remark.astype(np.int64) + decided.mixed_ids
    distinct, firsts, way = np.unique(ways, return_index=True, return_inverse=True)
    sentences = [
        _sentence(model, int(patterns[place[at]]), int(decided.tier[at]), Remark(int(decided.remark[at])))
        + (decision_rules_of(model).remarks.two_unique_values if decided.mixed_ids[at] else "")
        for at in firsts.tolist()
    ]
    return words(sentences, way.reshape(len(ways))) if len(distinct) else words([], ways)


def _sentence(model: LinkModel, pattern: int, tier: int, remark: Remark) -> str:
    """The sentence of one pattern, tier and remark; a judgement's sentence replaces the tier's."""
    remarks = decision_rules_of(model).remarks
    if remark in (Remark.SAME, Remark.NOT_SAME):
        return remarks.judged_same if remark is Remark.SAME else remarks.judged_different
    names = {
        c: decision_rules_of(model).level_words.get(level, _PARTIAL)
        for c, level in named_levels(model, pattern).items()
    }
    return model.evidence_tiers[tier].sentence.format_map(names) + _remark_text(remarks, remark)


def _remark_text(remarks: Remarks, remark: Remark) -> str:
    texts = {
        Remark.BETTER: remarks.better_candidate, Remark.SEVERAL: remarks.several_candidates,
        Remark.SHARED: remarks.shared_value, Remark.UNSURE: remarks.low_probability,
    }  # fmt: skip
    return texts.get(remark, "")


def _agreeing(model: LinkModel, pattern: int) -> list[str]:
    """The columns of a pattern that agree: their level is neither null nor one that is against a match."""
    levels = named_levels(model, pattern).items()
    return [c for c, level in levels if level != NULL_LEVEL and level not in model.kind(c).against]
