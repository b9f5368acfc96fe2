"""Errors that a reader can act on: where, which rule, how many, examples (masked), and what to do next."""

from __future__ import annotations

from typing import Any

from schemas.rules import Rule


class SanzhaoError(Exception):
    """One refusal with its evidence. `message` and `action` are Chinese; `examples` are masked or row numbers.

    Picklable, so that Prefect and worker processes can carry it. `rule` is a member of `Rule`.
    """

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        rule: Rule | None = None,
        count: int | None = None,
        examples: tuple[str, ...] = (),
        action: str | None = None,
    ) -> None:
        super().__init__(message, where, rule, count, examples, action)
        self.message = message
        self.where = where
        self.rule = rule
        self.count = count
        self.examples = examples
        self.action = action

    def __reduce__(self) -> tuple[object, ...]:
        details = {name: getattr(self, name) for name in ("where", "rule", "count", "examples", "action")}
        return _rebuild, (type(self), self.message, details)

    @property
    def plain(self) -> str:
        """Where and what, with how many and which, but without the rule and what to do."""
        parts = [f"{self.where}：{self.message}" if self.where else self.message]
        if self.count is not None:
            parts.append(f"共{self.count}处")
        if self.examples:
            parts.append("例：" + "、".join(self.examples))
        return "；".join(parts)

    def __str__(self) -> str:
        line = f"{self.plain}；规则 {self.rule}" if self.rule else self.plain
        return f"{line}。处理办法：{self.action}" if self.action else line


def _rebuild(kind: type[SanzhaoError], message: str, details: dict[str, Any]) -> SanzhaoError:
    return kind(message, **details)


class ContractError(SanzhaoError):
    """A shipped or configured contract, model or policy file is itself wrong."""


class TableError(SanzhaoError):
    """A relation does not keep its contract."""


class InputError(SanzhaoError):
    """What was dropped cannot be used."""


class HomeError(SanzhaoError):
    """The home folder, its keys, its lock or its store is not fit for a run."""
