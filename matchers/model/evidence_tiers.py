"""What evidence may at most become, as data: ceilings over the score, populations behind it, and how to settle.

A model without ceilings is decided by its thresholds alone.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

NULL_LEVEL = "null"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class Ceiling(_Frozen):
    """What a pattern of levels may at most become; the first ceiling that fits a pair decides, whatever its weight."""

    name: str
    when: dict[str, tuple[str, ...]]
    only_if_any: dict[str, tuple[str, ...]] = {}
    decision: Literal["link", "review", "reject"]
    match_class: Literal["exact", "strong"] | None = Field(default=None, alias="class")
    doubt: str | None = None
    sentence: str
    needs_probability: bool = False
    needs_review_probability: bool = False
    needs_own_value: bool = False
    needs_single_owner: bool = False

    def fits(self, levels: dict[str, str]) -> bool:
        """True where every comparison named shows one of its levels (and one of `only_if_any`, if given)."""
        if not all(levels.get(name, NULL_LEVEL) in wanted for name, wanted in self.when.items()):
            return False
        return not self.only_if_any or any(
            levels.get(name, NULL_LEVEL) in wanted for name, wanted in self.only_if_any.items()
        )


class Population(_Frozen):
    """How many could bear a value besides those on the right side: blended in while the right side is small.

    A value n rows show has the share (n - 1 + others + people * chance) / (rows that show one + people) + collision.
    """

    people: float = Field(default=0, ge=0)
    chance: float = Field(default=0, ge=0, le=1)
    others: float = Field(default=0, ge=0)
    collision: float = Field(default=0, ge=0, le=1)


class Owners(_Frozen):
    """A value that one person has to themselves, unless it stands on rows of many names (an office's phone)."""

    value: str
    """The key it is counted by, `column.form`; levels counted by it or by `whole` share it."""
    whole: str
    names: str
    most_names: int = Field(ge=2)
    holder: dict[str, tuple[str, ...]] = {}
    """Levels that tie a row to its holder though the value is another's (a rented account)."""


class Remarks(_Frozen):
    """Chinese said after a ceiling's sentence where something else had the last word."""

    same: str = "经人工核对，是同一个"
    not_same: str = "经人工核对，不是同一个"
    better: str = "；但另有更相符的"
    several: str = "；不止一个相符，由人工判断"
    shared: str = "；但该号码多人共用，由人工判断"
    unsure: str = "；但把握不足，由人工判断"
    two_values: str = "；但连在一起的行有不同的证件号，请核对"


class Settling(_Frozen):
    """How pairs with ceilings are kept and settled against each other."""

    keep_probability: float = Field(gt=0, lt=1)
    keep_levels: dict[str, tuple[str, ...]] = {}
    prior_from: str | None = None
    prior_least: float = Field(default=1e-6, gt=0, lt=1)
    prior_most: float = Field(default=0.999, gt=0, lt=1)
    prior_rows: int = Field(default=200, gt=0)
    reviews_per_row: int = Field(default=3, ge=1)
    one_value: str | None = None
    id_place_chance: tuple[float, ...] = Field(min_length=12, max_length=12)
    owners: Owners | None = None
    words: dict[str, str] = {}
    remarks: Remarks = Remarks()
