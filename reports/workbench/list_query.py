"""What is asked of a list in the words of a query string: a frozen dataclass of short texts, empty where nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

_LONGEST = 60


@dataclass(frozen=True)
class ListQuery:
    """The words of one list; each of its fields is one of them."""

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """From a query string or the store; what is unknown is left out."""
        return cls(**{name: str(values[name]).strip()[:_LONGEST] for name in asdict(cls()) if values.get(name)})

    def query(self) -> dict[str, str]:
        """As a query string has it, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}
