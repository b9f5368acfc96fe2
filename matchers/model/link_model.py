"""A model of linkage as data: columns and their kinds, blocking rules, comparison levels with m and u, thresholds."""

from __future__ import annotations

import json
import tomllib
from string import Formatter
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from matchers.kinds.chinese import CHINESE
from matchers.kinds.numbers import NUMBERS
from matchers.kinds.organisations import ORGANISATIONS
from matchers.kinds.plain import KINDS as PLAIN
from matchers.kinds.plain import Kind
from matchers.kinds.token_sets import TOKEN_SETS
from matchers.model.evidence_tiers import NULL_LEVEL, DecisionRules, EvidenceTier, Population
from matchers.model.faults import UnfitError, faults_of, refused, syntax_fault
from matchers.model.renamed_keys import rename_keys

TERM_FREQUENCY: Final = "term_frequency"
KINDS = {**PLAIN, **CHINESE, **ORGANISATIONS, **NUMBERS, **TOKEN_SETS}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class LevelWeight(_Frozen):
    """m and u of one comparison level; u is a number, or adjusted per value for term frequency."""

    m: float = Field(gt=0, le=1)
    u: Annotated[float, Field(gt=0, le=1)] | Literal["term_frequency"]
    correlation_factor: float | None = Field(default=None, ge=1)
    """Correlation factor: how many times likelier a non-matching pair of one name is at this level than any other
    non-matching pair (a name goes with sex and age)."""

    @property
    def effective_m(self) -> float:
        """m divided by the correlation factor, so that m / u is the Bayes factor of the level."""
        return self.m / (self.correlation_factor or 1.0)


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
    max_pair_bytes: int = Field(default=2_000_000_000, gt=0)
    """Memory that the pairs kept may take."""
    shared_from_names: int = Field(default=5, ge=2)
    """A phone or an ID that stands beside at least so many different names in one table is treated as missing."""
    columns: dict[str, str]
    blocking: dict[str, tuple[str, ...]]
    max_block_rows: dict[str, Annotated[int, Field(gt=0)]] = {}
    """Per blocking rule, the most rows of one table in a block; a larger (oversized) block gives no pairs."""
    comparisons: dict[str, dict[str, LevelWeight]]
    implied: dict[str, str] = {}
    """Columns that another column shows as well: filled from it, and silent where both sides show it there."""
    aliases: dict[str, tuple[str, ...]] = {}
    """Headers under which a column may stand in a table."""
    optional: tuple[str, ...] = ()
    """Columns a table may be without; what is compared or blocked by them is then left out."""
    population: dict[str, Population] = {}
    evidence_tiers: tuple[EvidenceTier, ...] = Field(default=(), alias="evidence_tier")
    decision_rules: DecisionRules | None = None
    trained_on: TrainedOn | None = None
    _renamed_keys: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _parts_fit(self) -> LinkModel:
        if not self.blocking or not self.comparisons:
            raise UnfitError("", "没有 [blocking] 或 [comparisons.列]", "至少写一条分组规则、一列比较")
        if self.review_probability > self.link_probability:
            raise UnfitError("review_probability", "比 link_probability 还高", "待核线不能高于关联线")
        for column, kind in self.columns.items():
            _refuse_name(f"columns.{column}", column)
            if kind not in KINDS:
                raise UnfitError(f"columns.{column}", f"没有 {kind} 这种列", f"可用：{'、'.join(sorted(KINDS))}")
        for rule, keys in self.blocking.items():
            _refuse_name(f"blocking.{rule}", rule)
            if not keys:
                raise UnfitError(f"blocking.{rule}", "没有键", '写成 ["列.形式", …]')
            for key in keys:
                self._refuse_key(f"blocking.{rule}", key)
        for rule in self.max_block_rows:
            if rule not in self.blocking:
                raise UnfitError(
                    f"max_block_rows.{rule}", "[blocking] 中没有这条规则", f"有：{'、'.join(self.blocking)}；或删去"
                )
        for column, levels in self.comparisons.items():
            self._refuse_levels(column, levels)
        return self

    def _refuse_key(self, where: str, key: str) -> None:
        column, _, form = key.partition(".")
        if column not in self.columns:
            raise UnfitError(where, f"{key} 的列 {column} 不在 [columns] 中", f"有这些列：{'、'.join(self.columns)}")
        if form not in self.kind(column).keys:
            forms = "、".join(f"{column}.{form}" for form in self.kind(column).keys)
            raise UnfitError(where, f"没有 {key} 这个键", f"这一列可用：{forms}")

    def _refuse_levels(self, column: str, levels: dict[str, LevelWeight]) -> None:
        where = f"comparisons.{column}"
        if column not in self.columns:
            raise UnfitError(where, "这一列不在 [columns] 中", f"有这些列：{'、'.join(self.columns)}")
        levels_of_kind = list(self.kind(column).levels)
        unknown = [name for name in levels if name not in levels_of_kind]
        if unknown:
            raise UnfitError(f"{where}.{unknown[0]}", "没有这一级", f"这种列的各级：{'、'.join(levels_of_kind)}")
        if len(levels) < 2 or list(levels)[-1] != levels_of_kind[-1]:
            raise UnfitError(
                where, f"至少两级，最后一级是 {levels_of_kind[-1]}", f"这种列的各级：{'、'.join(levels_of_kind)}"
            )
        in_order = [name for name in levels_of_kind if name in levels]
        if list(levels) != in_order:
            raise UnfitError(where, "各级次序不对，应从最一致到不一致", f"排成：{'、'.join(in_order)}")
        countable = {*self.kind(column).share_of, *self.kind(column).by_places}
        for name, level in levels.items():
            if level.u == TERM_FREQUENCY and name not in countable:
                can = "、".join(level_name for level_name in levels_of_kind if level_name in countable) or "没有"
                raise UnfitError(
                    f"{where}.{name}.u", "这一级不能逐值计数", f"写一个数；这一列能写 term_frequency 的级：{can}"
                )

    @model_validator(mode="after")
    def _tiers_fit(self) -> LinkModel:
        for place, tier in enumerate(self.evidence_tiers, 1):
            self._refuse_tier(f"[[evidence_tier]] 第{place}条“{tier.name}”", tier)
        if self.evidence_tiers and (self.evidence_tiers[-1].when or self.evidence_tiers[-1].when_any):
            raise UnfitError(
                "[[evidence_tier]]", "最后一条要兜底", "最后一条写 when = {}，decision 写 reject 或 review"
            )
        if self.evidence_tiers and self.decision_rules is None:
            raise UnfitError(
                "decision_rules", "有 [[evidence_tier]] 就要有 [decision_rules]", "照自带的 person_cn.toml 抄一节"
            )
        if self.evidence_tiers and self.max_block_rows:
            raise UnfitError("max_block_rows", "有 [[evidence_tier]] 的模型不用 [max_block_rows]", "删去这一节")
        for column, levels in self.comparisons.items():
            correlated = [name for name, level in levels.items() if level.correlation_factor]
            if self.evidence_tiers and correlated:
                raise UnfitError(
                    f"comparisons.{column}.{correlated[0]}.correlation_factor",
                    "有 [[evidence_tier]] 的模型不用 correlation_factor",
                    "删去",
                )
        for section, columns in (("aliases", self.aliases), ("optional", self.optional), ("implied", self.implied)):
            for column in columns:
                if column not in self.columns:
                    raise UnfitError(f"{section}.{column}", "这一列不在 [columns] 中", f"有：{'、'.join(self.columns)}")
        for column, source in self.implied.items():
            if self.columns.get(source) not in ("resident_id", "masked_id"):
                raise UnfitError(f"implied.{column}", f"{source} 不是证件号列", "写证件号那一列的名字")
        for where, key in (*((f"population.{key}", key) for key in self.population), *self._keys_of_decision_rules()):
            self._refuse_key(where, key)
        return self

    def _refuse_tier(self, where: str, tier: EvidenceTier) -> None:
        for column, wanted in (*tier.when.items(), *tier.when_any.items()):
            self._refuse_named_levels(where, column, wanted)
        unknown = {name for _, name, _, _ in Formatter().parse(tier.sentence) if name} - set(self.comparisons)
        if unknown:
            raise UnfitError(
                f"{where}.sentence", f"没有 {{{min(unknown)}}} 这一列", f"可用：{'、'.join(self.comparisons)}"
            )
        if (tier.decision == "link") != (tier.match_class is not None):
            raise UnfitError(
                f"{where}.class", "decision 为 link 时要写，其他不写", '写 class = "exact" 或 "strong"，或删去'
            )

    def _refuse_named_levels(self, where: str, column: str, wanted: tuple[str, ...]) -> None:
        if column not in self.comparisons:
            raise UnfitError(where, f"没有比较 {column} 这一列", f"有：{'、'.join(self.comparisons)}")
        for name in wanted:
            if name != NULL_LEVEL and name not in self.comparisons[column]:
                level_names = "、".join([NULL_LEVEL, *self.comparisons[column]])
                raise UnfitError(where, f"{column} 没有 {name} 这一级", f"可用：{level_names}")

    def _keys_of_decision_rules(self) -> list[tuple[str, str]]:
        """(where it stands, key) of every key that [decision_rules] names; levels it names are checked on the way."""
        if self.decision_rules is None:
            return []
        owners = self.decision_rules.owners
        named = {
            "decision_rules.prior_key": self.decision_rules.prior_key,
            "decision_rules.unique_per_cluster": self.decision_rules.unique_per_cluster,
        }
        if owners:
            named |= {
                f"decision_rules.owners.{name}": getattr(owners, name) for name in ("key", "full_key", "name_key")
            }
        for where, levels in (
            ("never_pruned", self.decision_rules.never_pruned),
            ("owners.holder_levels", owners and owners.holder_levels),
        ):
            for column, wanted in (levels or {}).items():
                self._refuse_named_levels(f"decision_rules.{where}.{column}", column, wanted)
        return [(where, key) for where, key in named.items() if key]

    def fitted_to(self, present: set[str]) -> LinkModel:
        """The model without the optional columns that are not among those shown."""
        gone = {column for column in self.optional if column not in present}
        rules = {r: keys for r, keys in self.blocking.items() if not any(k.partition(".")[0] in gone for k in keys)}
        if not gone:
            return self
        return self.model_copy(
            update={
                "columns": {c: kind for c, kind in self.columns.items() if c not in gone},
                "blocking": rules,
                "max_block_rows": {rule: most for rule, most in self.max_block_rows.items() if rule in rules},
                "comparisons": {c: levels for c, levels in self.comparisons.items() if c not in gone},
                "implied": {c: source for c, source in self.implied.items() if not {c, source} & gone},
            }
        )

    @property
    def finds_headers(self) -> bool:
        """It finds its columns under other headers, may be without some, or decides by evidence tiers."""
        return bool(self.aliases or self.optional or self.evidence_tiers)

    @property
    def renamed_keys_line(self) -> str:
        """One Chinese line naming each key that its file has under an older name; empty where there is none."""
        pairs = "、".join(f"{old} 读作 {name}" for old, name in self._renamed_keys.items())
        return f"模型 {self.name} 用了旧的键名：{pairs}；照常可用，重新训练或改名后不再提示" if pairs else ""

    def kind(self, column: str) -> Kind:
        """The kind of a column."""
        return KINDS[self.columns[column]]


def _refuse_name(where: str, name: str) -> None:
    if not name.isidentifier():
        raise UnfitError(where, "名字里只能有字母、汉字、数字和下划线，不以数字开头", "换一个名字")


def parse_link_model(text: str, where: str) -> LinkModel:
    """One model from TOML text; keys under the names they had before are read as today's (`renamed_keys_line`).

    Raises ContractError naming the key at fault, what is wrong and what to do.
    """
    try:
        body: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refused([syntax_fault(error)], where) from None
    renamed, faults = rename_keys(body)
    if faults:
        raise refused(faults, where)
    try:
        # through JSON, where a list may be a tuple and yet "0.5" is no number
        model = LinkModel.model_validate_json(json.dumps(body, default=str), strict=True)
    except ValidationError as error:
        raise refused(faults_of(error, body, LinkModel), where) from None
    model._renamed_keys.update(renamed)
    return model
