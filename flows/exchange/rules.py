"""What both sides of an exchange must have alike: masks, tokens per person, chaff, prior."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field

from schemas.people import ID_PLACES


class Rules(BaseModel):
    """`exchange.toml`; its version is written into every file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    masks: tuple[str, ...]
    tokens_per_member: int = Field(ge=4)
    tokens_per_worker: int = Field(ge=2)
    chaff_share: float = Field(gt=0, lt=1)
    prior: float = Field(gt=0, lt=1)
    valid_days: int = Field(gt=0)
    longest_days: int
    finds_kept_days: int = Field(gt=0)

    @property
    def visible_places(self) -> tuple[tuple[int, int], ...]:
        """Places shown at the head and at the tail, mask by mask."""
        pairs = (mask.split("+") for mask in self.masks)
        return tuple((int(head), int(tail)) for head, tail in pairs)


def masked(id_number: str, head: int, tail: int) -> str:
    """An ID as a mask shows it: `500113********1234`."""
    return id_number[:head] + "*" * (ID_PLACES - head - tail) + (id_number[ID_PLACES - tail :] if tail else "")


@cache
def rules() -> Rules:
    """The shipped rules."""
    return Rules.model_validate(tomllib.loads((resources.files("flows.exchange") / "exchange.toml").read_text("utf-8")))
