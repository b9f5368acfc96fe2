"""A model of linkage as data: columns and their kinds, blocking rules, comparison levels with m and u, thresholds."""

from __future__ import annotations

import tomllib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from matchers.linkage.ceilings import NULL_LEVEL, Ceiling, Population, Settling
from matchers.linkage.chinese import CHINESE
from matchers.linkage.kinds import KINDS as PLAIN
from matchers.linkage.kinds import Kind
from schemas.errors import ContractError

COUNTED = "counted"
KINDS = {**PLAIN, **CHINESE}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class LevelWeight(_Frozen):
    """m and u of one level; u may be counted per value (how many could bear it) instead of given."""

    m: float = Field(gt=0, le=1)
    u: float | Literal["counted"]
    lift: float | None = Field(default=None, ge=1)
    """How many times likelier strangers of one name agree so than strangers at large; a name tells sex and age."""

    @property
    def weighed(self) -> float:
        """m as it is held against u."""
        return self.m / (self.lift or 1.0)


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
    aliases: dict[str, tuple[str, ...]] = {}
    """Headers under which a column may stand in a table."""
    optional: tuple[str, ...] = ()
    """Columns a table may be without; what is compared or blocked by them is then left out."""
    population: dict[str, Population] = {}
    ceilings: tuple[Ceiling, ...] = Field(default=(), alias="ceiling")
    settling: Settling | None = None
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
            countable = {*self.kind(column).share_of, *self.kind(column).by_places}
            for name, level in levels.items():
                if level.u == COUNTED and name not in countable:
                    raise ValueError(f"comparisons.{column}.{name}.u: cannot be counted, give a number")
        return self

    @model_validator(mode="after")
    def _ceilings_fit(self) -> LinkModel:
        for ceiling in self.ceilings:
            for column, wanted in (*ceiling.when.items(), *ceiling.only_if_any.items()):
                unknown = set(wanted) - set(self.comparisons.get(column, {})) - {NULL_LEVEL}
                if unknown or column not in self.comparisons:
                    raise ValueError(f"ceiling {ceiling.name}: {column} has no level {sorted(unknown)}")
        if self.ceilings and (self.ceilings[-1].when or self.settling is None):
            raise ValueError("ceiling: the last must fit everything, and [settling] must be given")
        if self.ceilings and any(level.lift for levels in self.comparisons.values() for level in levels.values()):
            raise ValueError("comparisons: a model with ceilings takes no lift")
        unknown_columns = [c for c in (*self.aliases, *self.optional, *self.implied) if c not in self.columns]
        unknown_keys = [key for key in (*self.population, *self._settled_keys()) if not self._has_key(key)]
        if unknown_columns or unknown_keys:
            raise ValueError(f"no column or key {sorted(unknown_columns + unknown_keys)}")
        return self

    def _settled_keys(self) -> list[str]:
        owners = self.settling.owners if self.settling else None
        named = [owners.value, owners.whole, owners.names] if owners else []
        found = [self.settling.prior_from, self.settling.one_value] if self.settling else []
        return [*named, *(key for key in found if key)]

    def _has_key(self, key: str) -> bool:
        column, _, form = key.partition(".")
        return column in self.columns and form in self.kind(column).keys

    def fitted_to(self, shown: set[str]) -> LinkModel:
        """The model without the optional columns that are not among those shown."""
        gone = {column for column in self.optional if column not in shown}
        rules = {r: keys for r, keys in self.blocking.items() if not any(k.partition(".")[0] in gone for k in keys)}
        if not gone:
            return self
        return self.model_copy(
            update={
                "columns": {c: kind for c, kind in self.columns.items() if c not in gone},
                "blocking": rules,
                "comparisons": {c: levels for c, levels in self.comparisons.items() if c not in gone},
                "implied": {c: source for c, source in self.implied.items() if not {c, source} & gone},
            }
        )

    @property
    def finds_headers(self) -> bool:
        """It finds its columns under other headers, may be without some, or decides by ceilings."""
        return bool(self.aliases or self.optional or self.ceilings)

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
