"""The district's model: the file by which worker rows are matched with the registry every night."""

from __future__ import annotations

from functools import cache
from importlib import resources

from matchers.model.link_model import LinkModel, parse_link_model
from schemas.errors import ContractError
from schemas.rules import Rule

_NEEDED = ("name", "id_number", "phone", "birth_date", "sex")


@cache
def district_model() -> LinkModel:
    """The shipped model, `person_cn.toml`."""
    return parse_model((resources.files("matchers.models") / "person_cn.toml").read_text("utf-8"), "person_cn.toml")


def parse_model(text: str, where: str) -> LinkModel:
    """One district's model from TOML text. Raises ContractError where it lacks evidence tiers or a needed column."""
    model = parse_link_model(text, where)
    missing = [column for column in _NEEDED if column not in model.comparisons]
    if missing or not model.evidence_tiers:
        raise ContractError(
            "这个模型不能用于每夜比对：缺少证据门槛 [[evidence_tier]] 或必需的列",
            where=where, rule=Rule.DISTRICT_MODEL, examples=tuple(missing),
            action="以自带的 person_cn.toml 为底本修改",
        )  # fmt: skip
    return model
