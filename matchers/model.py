"""A linkage model as data, checked on load: blocking rules, comparison levels, evidence tiers, thresholds."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.errors import ContractError

NULL_LEVEL = "null"
COMPARISONS = ("name", "id_number", "phone", "birth_date", "sex")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Level(_Frozen):
    """One comparison level: m, and u as a number or counted per value under the key `chance`."""

    m: float = Field(gt=0, le=1)
    u: float | None = Field(default=None, gt=0, le=1)
    chance: str | None = None

    @model_validator(mode="after")
    def _one_source_of_u(self) -> Level:
        if (self.u is None) == (self.chance is None):
            raise ValueError("give either u or chance")
        return self


class Tier(_Frozen):
    """What a pattern of levels may at most become."""

    name: str
    when: dict[str, tuple[str, ...]]
    only_if_any: dict[str, tuple[str, ...]] = {}
    decision: Literal["link", "review", "reject"]
    match_class: Literal["exact", "strong"] | None = Field(default=None, alias="class")
    doubt: str | None = None
    sentence: str
    needs_probability: bool = False
    needs_review_probability: bool = False
    needs_own_phone: bool = False
    needs_single_owner: bool = False

    def fits(self, levels: dict[str, str]) -> bool:
        """True where every comparison named shows one of its levels (and one of `only_if_any`, if given)."""
        if not all(levels[name] in wanted for name, wanted in self.when.items()):
            return False
        return not self.only_if_any or any(levels[name] in wanted for name, wanted in self.only_if_any.items())


class LinkageModel(_Frozen):
    """One linkage model file."""

    name: str
    version: str
    prior_share: float = Field(gt=0, lt=1)
    prior_share_least: float = Field(gt=0, lt=1)
    prior_share_most: float = Field(gt=0, lt=1)
    link_probability: float = Field(gt=0, lt=1)
    review_probability: float = Field(gt=0, lt=1)
    keep_probability: float = Field(gt=0, lt=1)
    margin_bits: float = Field(ge=0)
    shared_phone_names: int = Field(ge=2)
    reviews_per_row: int = Field(ge=1)
    max_pairs: int = Field(gt=0)
    pseudo_people: int = Field(ge=0)
    name_chance: dict[Literal["name_key", "name_sound", "name_fold", "name_swap", "name_head"], float]
    others_on_phone: float = Field(gt=0)
    head_tail_chance: float = Field(gt=0)
    id_place_chance: tuple[float, ...] = Field(min_length=12, max_length=12)
    blocking: dict[str, str]
    comparisons: dict[str, dict[str, Level]]
    tiers: tuple[Tier, ...] = Field(alias="tier")

    @model_validator(mode="after")
    def _levels_exist(self) -> LinkageModel:
        if set(self.comparisons) != set(COMPARISONS):
            raise ValueError(f"comparisons must be {COMPARISONS}")
        for tier in self.tiers:
            for name, wanted in (*tier.when.items(), *tier.only_if_any.items()):
                unknown = set(wanted) - set(self.comparisons.get(name, {})) - {NULL_LEVEL}
                if unknown or name not in self.comparisons:
                    raise ValueError(f"tier {tier.name}: {name} has no level {sorted(unknown)}")
        if not self.tiers or self.tiers[-1].when:
            raise ValueError("the last tier must fit everything")
        return self

    def tier_of(self, levels: dict[str, str]) -> Tier:
        """The first tier that fits."""
        return next(tier for tier in self.tiers if tier.fits(levels))


def parse_model(text: str, where: str) -> LinkageModel:
    """A model from TOML text. Raises ContractError naming the key at fault."""
    try:
        body: dict[str, Any] = tomllib.loads(text)
        return LinkageModel.model_validate(body)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"TOML 写法有误：{error}", where=where, rule="toml", action="按提示的行列修改") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ContractError(
            f"模型有误：{key} {first['msg']}", where=where, rule="model", action="按提示修改该键"
        ) from None


@cache
def district_model() -> LinkageModel:
    """The shipped model of the district, `person_cn.toml`."""
    return parse_model((resources.files("matchers") / "person_cn.toml").read_text("utf-8"), "person_cn.toml")
