"""Evidence tiers (what a pair may at most be decided as), populations, and the rules of decision, as data.

A model without evidence tiers decides by its thresholds alone.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

NULL_LEVEL = "null"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class EvidenceTier(_Frozen):
    """One evidence tier: what a pattern of comparison levels may at most be decided as, whatever the match weight.

    The first tier that fits a pair decides."""

    name: str
    when: dict[str, tuple[str, ...]]
    when_any: dict[str, tuple[str, ...]] = {}
    decision: Literal["link", "review", "reject"]
    match_class: Literal["exact", "strong"] | None = Field(default=None, alias="class")
    doubt: str | None = None
    sentence: str
    needs_probability: bool = False
    needs_review_probability: bool = False
    needs_own_value: bool = False
    needs_single_owner: bool = False

    def fits(self, levels: dict[str, str]) -> bool:
        """True where every comparison named shows one of its levels (and one of `when_any`, if given)."""
        if not all(levels.get(name, NULL_LEVEL) in wanted for name, wanted in self.when.items()):
            return False
        return not self.when_any or any(
            levels.get(name, NULL_LEVEL) in wanted for name, wanted in self.when_any.items()
        )


class Population(_Frozen):
    """How many people could have a value besides those on the right side; added while the right side is small.

    A value of n rows has the frequency (n - 1 + others + people * chance) / (rows with a value + people) + collision.
    """

    people: float = Field(default=0, ge=0)
    chance: float = Field(default=0, ge=0, le=1)
    others: float = Field(default=0, ge=0)
    collision: float = Field(default=0, ge=0, le=1)


class OwnershipRule(_Frozen):
    """When a value is one person's own, and when it is shared: it stands on rows of many names (an office's phone)."""

    key: str
    """Blocking key of the value, `column.form`; two rows share it at levels adjusted for the frequency of this key or
    of `full_key`."""
    full_key: str
    name_key: str
    shared_from_names: int = Field(ge=2)
    holder_levels: dict[str, tuple[str, ...]] = {}
    """Per column, levels that identify a row's person although the value is another person's (a rented account)."""


class Remarks(_Frozen):
    """Chinese remarks after the sentence of an evidence tier, where something other than the tier decided."""

    judged_same: str = "经人工核对，是同一个"
    judged_different: str = "经人工核对，不是同一个"
    better_candidate: str = "；但另有更相符的"
    several_candidates: str = "；不止一个相符，由人工判断"
    shared_value: str = "；但该号码多人共用，由人工判断"
    low_probability: str = "；但把握不足，由人工判断"
    two_unique_values: str = "；但连在一起的行有不同的证件号，请核对"


class DecisionRules(_Frozen):
    """How pairs of a model with evidence tiers are pruned, and decided against each other."""

    prune_below_probability: float = Field(gt=0, lt=1)
    never_pruned: dict[str, tuple[str, ...]] = {}
    prior_key: str | None = None
    prior_min: float = Field(default=1e-6, gt=0, lt=1)
    prior_max: float = Field(default=0.999, gt=0, lt=1)
    prior_min_rows: int = Field(default=200, gt=0)
    max_reviews_per_row: int = Field(default=3, ge=1)
    unique_per_cluster: str | None = None
    id_digit_chance: tuple[float, ...] = Field(min_length=12, max_length=12)
    owners: OwnershipRule | None = None
    level_words: dict[str, str] = {}
    remarks: Remarks = Remarks()
