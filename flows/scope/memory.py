"""One trade per sender: what a clerk said the people of a sender's files do, kept in the home for every later run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.home.folders import Home, write_private
from schemas.errors import ContractError
from schemas.rules import Rule

_HEAD = "# 行业更正：由 sanzhao sources map --trade 记下，可以手改。\n"


class SenderTrade(BaseModel):
    """The occupation group of everybody in the files of one sender of a source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1)
    sender: str = Field(min_length=1)
    group: str = Field(min_length=1)


def trades_path(home: Home) -> Path:
    """Where the trades told by clerks lie."""
    return home.sources / "memory" / "trades.toml"


def load_trades(home: Home) -> tuple[SenderTrade, ...]:
    """All trades told, in order. Raises ContractError naming the file when it cannot be read."""
    path = trades_path(home)
    if not path.exists():
        return ()
    try:
        body = tomllib.loads(path.read_text("utf-8-sig"))
        return tuple(SenderTrade.model_validate(entry) for entry in body.get("trade", ()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError, TypeError, AttributeError):
        raise ContractError(
            "行业更正的记录读不出来", where=str(path), rule=Rule.TRADE_MEMORY, action="改正写法，或删去该文件后重新更正"
        ) from None


def save_trades(home: Home, trades: Iterable[SenderTrade]) -> None:
    """Write all trades told; a later one for the same sender takes the place of an earlier."""
    kept = {(trade.source, trade.sender): trade for trade in trades}
    blocks = (
        "\n[[trade]]\n"
        + "".join(
            f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in kept[place].model_dump().items()
        )
        for place in sorted(kept)
    )
    write_private(trades_path(home), (_HEAD + "".join(blocks)).encode())


def _line(item: tuple[str, str]) -> str:
    """One key of a TOML table; JSON escapes are a subset of TOML's."""
    return f"{item[0]} = {json.dumps(item[1], ensure_ascii=False)}\n"
