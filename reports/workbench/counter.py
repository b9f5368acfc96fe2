"""The answer to an enquiry at the counter, as the page and the command say it; nothing in it is in clear."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """Where the person asked about stands."""

    LEDGER = "在一本账里"
    WAITING = "有待核对的，等人判断"
    ROLL = "只在名册里，不在一本账"
    NOT_FOUND = "没有找到"


@dataclass(frozen=True)
class CounterAnswer:
    """Where somebody stands, what leads there, and why they are not in the ledger where they are not."""

    where: Where
    explanation: str
    reasons: tuple[str, ...] = ()
    person_key: str | None = None
    task: str | None = None
    pairs: tuple[str, ...] = ()
    name_masked: str | None = None

    @property
    def path(self) -> str | None:
        """The page that opens at once, where there is exactly one."""
        if self.task:
            return f"/task/{self.task}"
        if self.person_key:
            return f"/person/{self.person_key}"
        return f"/pair/{self.pairs[0]}" if len(self.pairs) == 1 else None
