"""One line in Chinese per mistake in a model file: the key, what is wrong with it, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from schemas.errors import ContractError
from schemas.rules import Rule

_MOST_EXAMPLES = 5
_PLACE = re.compile(r"line (\d+), column (\d+)")
_TYPES = {
    "string_type": "应是文字，要加引号",
    "float_type": "应是数，不加引号",
    "float_parsing": "应是数，不加引号",
    "int_type": "应是整数，不加引号",
    "int_parsing": "应是整数，不加引号",
    "int_from_float": "应是整数",
    "bool_type": "应是 true 或 false",
    "bool_parsing": "应是 true 或 false",
    "dict_type": "应是一节，写成 [节名] 或 { 键 = 值 }",
    "model_type": "应是一节，写成 [节名] 或 { 键 = 值 }",
    "model_attributes_type": "应是一节，写成 [节名] 或 { 键 = 值 }",
    "tuple_type": '应是一列，写成 ["…", "…"]',
    "list_type": '应是一列，写成 ["…", "…"]',
    "missing": "缺少这一项",
}
_BOUNDS = {
    "greater_than": ("gt", "应大于"),
    "greater_than_equal": ("ge", "不应小于"),
    "less_than": ("lt", "应小于"),
    "less_than_equal": ("le", "不应大于"),
    "too_short": ("min_length", "项数不对，应有"),
    "too_long": ("max_length", "项数不对，应有"),
}


class UnfitError(ValueError):
    """A part of a model that does not fit the others."""

    def __init__(self, key: str, message: str, action: str) -> None:
        super().__init__(key, message, action)
        self.key, self.message, self.action = key, message, action


@dataclass(frozen=True)
class Fault:
    """One mistake."""

    key: str
    message: str
    action: str

    @property
    def line(self) -> str:
        """Key and mistake; of the whole file where it has no key."""
        return f"{self.key}：{self.message}" if self.key else self.message


def refused(faults: list[Fault], where: str) -> ContractError:
    """The error for all of them: the first in full, the next ones as examples."""
    first, *rest = faults
    return ContractError(
        f"模型文件有误。{first.line}", where=where, rule=Rule.MODEL, count=len(faults),
        examples=tuple(fault.line for fault in rest[:_MOST_EXAMPLES]), action=first.action,
    )  # fmt: skip


def syntax_fault(error: Exception) -> Fault:
    """TOML that cannot be read: where it stops making sense."""
    place = _PLACE.search(str(error))
    message = f"第{place[1]}行第{place[2]}列附近不是 TOML" if place else "末尾不完整，不是 TOML"
    return Fault("", message, "核对引号、括号、等号是否成对，文字要加引号，同一个键只写一次")


def faults_of(error: ValidationError, body: Mapping[str, Any], whole: type[BaseModel]) -> list[Fault]:
    """Every mistake once, in the order of the file's keys."""
    faults: dict[str, Fault] = {}
    for detail in error.errors():
        raised = detail.get("ctx", {}).get("error")
        fault = (
            Fault(raised.key, raised.message, raised.action)
            if isinstance(raised, UnfitError)
            else _fault(detail, body, whole)
        )
        faults.setdefault(fault.key, fault)
    return list(faults.values())


def _fault(detail: Mapping[str, Any], body: Mapping[str, Any], whole: type[BaseModel]) -> Fault:
    loc, kind = tuple(detail["loc"]), str(detail["type"])
    if loc[:1] == ("comparisons",) and loc[3:4] == ("u",):
        return Fault(
            _key(loc[:4], body), '应是大于 0、不大于 1 的数，或 "term_frequency"', "改成随机两行有多大比例如此相符"
        )
    key = _key(loc, body)
    if kind == "extra_forbidden":
        return _unknown(key, str(loc[-1]), _fields(whole, loc[:-1]))
    if kind == "literal_error":
        expected = str(detail["ctx"]["expected"]).replace(" or ", "、").replace(", ", "、")
        return Fault(key, f"只能是 {expected}", "改成其中一个")
    if kind in _BOUNDS:
        name, message = _BOUNDS[kind]
        given = f"，现在是 {detail['input']}" if isinstance(detail["input"], int | float) else ""
        return Fault(key, f"{message} {detail['ctx'][name]}{given}", "改这个值")
    action = "补上这一项，可照自带的模型抄" if kind == "missing" else "改这一项的写法，可照自带的模型抄"
    return Fault(key, _TYPES.get(kind, "写法不对"), action)


def _unknown(key: str, name: str, names: list[str]) -> Fault:
    close = difflib.get_close_matches(name, names, 1)
    guess = f"，是不是 {close[0]}" if close else ""
    return Fault(key, f"没有这个键{guess}", f"改名或删去；这里可用：{'、'.join(names)}" if names else "改名或删去")


def _key(loc: tuple[str | int, ...], body: Mapping[str, Any]) -> str:
    """`comparisons.name.exact.m`; an evidence tier by its place in the file and its name."""
    if loc[:1] == ("evidence_tier",) and len(loc) > 1 and isinstance(loc[1], int):
        tier = body["evidence_tier"][loc[1]]
        name = tier.get("name") if isinstance(tier, dict) else None
        head = f"[[evidence_tier]] 第{loc[1] + 1}条" + (f"“{name}”" if isinstance(name, str) else "")
        return ".".join([head, *map(str, loc[2:])])
    return ".".join(str(part) for part in loc)


def _fields(whole: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """Keys a section may have."""
    kind: Any = whole
    for part in loc:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}.get(str(part))
        else:
            kind = (get_args(kind) or (None,))[0 if get_origin(kind) is tuple else -1]
        kind = _without_none(kind)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [field.alias or name for name, field in kind.model_fields.items()]


def _without_none(kind: Any) -> Any:
    parts = [part for part in get_args(kind) if part is not type(None)]
    return parts[0] if type(None) in get_args(kind) and len(parts) == 1 else kind
