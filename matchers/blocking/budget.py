"""Whether the pairs that would be kept fit into memory, estimated rule by rule before any of them is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from matchers.blocking.blocks import Blocks, Pairs, packed
from matchers.model.link_model import LinkModel
from schemas.errors import InputError
from schemas.rules import Rule

KEPT_BYTES = 450
"""A kept pair with its levels, weight, decision, ids and rules, measured over 12.5 million of them."""
LISTED_BYTES = 24
"""A candidate pair of training: the pair, its sorted copy and its pattern."""
_SAMPLED = 20_000


def refuse_oversized(
    model: LinkModel, blocks: Iterable[Blocks], survivors: Callable[[Pairs], int], *, parts: int = 1
) -> None:
    """Raise InputError naming the rule whose pairs would be kept in greater number than the byte budget holds.

    What a rule's pairs come to is estimated from an even sample of them, of which `survivors` are kept; rules of few
    pairs are not looked at. `parts`: how many parts of about as many pairs the rule comes in.
    """
    for block in blocks:
        if block.pairs * parts * KEPT_BYTES > model.max_pair_bytes:
            sampled = sample(block)
            kept = survivors(sampled) / max(len(np.unique(sampled)), 1) * block.pairs * parts
            _refuse(model, block.rule, round(kept), round(kept * KEPT_BYTES))


def refuse_long_lists(model: LinkModel, blocks: Iterable[Blocks]) -> None:
    """Raise InputError where the candidates of all rules together are more than training can hold at once."""
    most = max(blocks, key=lambda block: block.pairs)
    pairs = sum(block.pairs for block in blocks)
    _refuse(model, most.rule, pairs, pairs * LISTED_BYTES)


def sample(block: Blocks) -> Pairs:
    """An even sample of a rule's pairs."""
    ends = np.cumsum(block.counts)
    total = int(ends[-1]) if len(ends) else 0
    places = np.arange(0, total, max(1, total // _SAMPLED), dtype=np.int64)
    at = np.searchsorted(ends, places, side="right")
    left = block.left[at]
    right = block.right[block.starts[at] + places - (ends[at] - block.counts[at])]
    pairs = packed(np.minimum(left, right), np.maximum(left, right)) if block.same else packed(left, right)
    return pairs[left != right] if block.same else pairs


def _refuse(model: LinkModel, rule: str, pairs: int, size: int) -> None:
    if size > model.max_pair_bytes:
        raise InputError(
            f"分组规则 {rule} 会留下约 {pairs:,} 对，要占约 {size / 1e9:,.1f} GB，"
            f"超过上限 {model.max_pair_bytes / 1e9:,.1f} GB",
            rule=Rule.PAIR_BUDGET,
            action="检查是否大量的行填了同样的内容；给该规则再加键，或去掉它；内存够用时提高模型的 max_pair_bytes",
        )
