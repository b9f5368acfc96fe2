"""A model of linkage as data: columns and their kinds, blocking rules, comparison levels with m and u, thresholds."""

from __future__ import annotations

import tomllib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from matchers.linkage.kinds import KINDS, Kind
from schemas.errors import ContractError

COUNTED = "counted"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LevelWeight(_Frozen):
    """m and u of one level; u may be counted per value (how many could bear it) instead of given."""

    m: float = Field(gt=0, le=1)
    u: float | Literal["counted"]


class TrainedOn(_Frozen):
    """What the weights were learned from."""

    left_rows: int
    right_rows: int
    pairs: int
    rounds: int
    converged: bool
    expected_matches: float | None = None
    judged: int = 0
    base: str = ""
    """Name and version of the model it started from."""


class LinkModel(_Frozen):
    """One model file."""

    name: str
    version: str
    prior: float = Field(gt=0, lt=1)
    """Share of left rows that have a partner on the right."""
    link_probability: float = Field(gt=0, lt=1)
    review_probability: float = Field(gt=0, lt=1)
    margin_bits: float = Field(ge=0)
    unique: tuple[Literal["left", "right"], ...] = ()
    max_pairs: int = Field(default=200_000_000, gt=0)
    columns: dict[str, str]
    blocking: dict[str, tuple[str, ...]]
    comparisons: dict[str, dict[str, LevelWeight]]
    implied: dict[str, str] = {}
    """Columns that another column shows as well: filled from it, and silent where both sides show it there."""
    trained_on: TrainedOn | None = None

    @model_validator(mode="after")
    def _parts_fit(self) -> LinkModel:
        for column, kind in self.columns.items():
            if kind not in KINDS:
                raise ValueError(f"columns.{column}: no kind {kind}; there are {sorted(KINDS)}")
        for rule, keys in self.blocking.items():
            for key in keys:
                column, _, form = key.partition(".")
                if column not in self.columns or form not in KINDS[self.columns[column]].keys:
                    raise ValueError(f"blocking.{rule}: no key {key}")
        for column, levels in self.comparisons.items():
            if column not in self.columns:
                raise ValueError(f"comparisons.{column}: no such column")
            known = KINDS[self.columns[column]].levels
            if list(levels) != [name for name in known if name in levels] or len(levels) < 2:
                raise ValueError(f"comparisons.{column}: levels must be of {list(known)}, in that order")
        return self

    def kind(self, column: str) -> Kind:
        """The kind of a column."""
        return KINDS[self.columns[column]]


def parse_link_model(text: str, where: str) -> LinkModel:
    """A model from TOML text. Raises ContractError naming the key at fault."""
    try:
        body: dict[str, Any] = tomllib.loads(text)
        return LinkModel.model_validate(body)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"TOML 写法有误：{error}", where=where, rule="toml", action="按提示的行列修改") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ContractError(
            f"模型有误：{key} {first['msg']}", where=where, rule="model", action="按提示修改该键"
        ) from None
