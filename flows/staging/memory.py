"""One correction per sender and header text: what a clerk said a column means, kept in the home for every later run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.home.file_names import EVERY_SENDER, sender_of
from flows.home.folders import Home, write_private
from flows.staging.words import plain
from schemas.contracts import SourceContract
from schemas.errors import ContractError
from schemas.rules import Rule

Corrections = Mapping[str, str | None]
"""Plain header text -> field name; null: the column is not used."""

NOT_USED = "不用"
UNDECIDED = "不定"
_HEAD = "# 表头更正：由 sanzhao sources map 记下，可以手改；field 为空表示该列不用。\n"


class Correction(BaseModel):
    """One header text of one sender, and the field it means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1)
    sender: str = Field(min_length=1)
    column: str = Field(min_length=1)
    field: str = ""


def memory_path(home: Home) -> Path:
    """Where corrections lie."""
    return home.sources / "memory" / "headers.toml"


def load_memory(home: Home) -> tuple[Correction, ...]:
    """All corrections, in order. Raises ContractError naming the file when it cannot be read."""
    path = memory_path(home)
    if not path.exists():
        return ()
    try:
        body = tomllib.loads(path.read_text("utf-8-sig"))
        return tuple(Correction.model_validate(entry) for entry in body.get("correction", ()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError, TypeError, AttributeError):
        raise ContractError(
            "表头更正的记录读不出来",
            where=str(path),
            rule=Rule.HEADER_MEMORY,
            action="改正写法，或删去该文件后重新更正",
        ) from None


def save_memory(home: Home, corrections: Iterable[Correction]) -> None:
    """Write all corrections; a later one for the same sender and column takes the place of an earlier."""
    kept = {(correction.source, correction.sender, correction.column): correction for correction in corrections}
    blocks = [
        "\n[[correction]]\n" + "".join(f"{key} = {_quoted(value)}\n" for key, value in kept[key_].model_dump().items())
        for key_ in sorted(kept)
    ]
    write_private(memory_path(home), (_HEAD + "".join(blocks)).encode())


def _quoted(text: str) -> str:
    """A TOML basic string; JSON escapes are a subset of TOML's but for the delete character, never in a header."""
    return json.dumps(text, ensure_ascii=False)


def corrections_of(memory: Iterable[Correction], contract: SourceContract, file: str) -> dict[str, str | None]:
    """What is remembered for one file; its own sender's word goes before what was said for every sender.

    Raises ContractError for a field the contract does not have (any more).
    """
    mine = [item for item in memory if item.source == contract.name and item.sender in (EVERY_SENDER, sender_of(file))]
    told: dict[str, str | None] = {}
    for entry in sorted(mine, key=lambda item: item.sender != EVERY_SENDER):
        if entry.field and contract.field(entry.field) is None:
            raise ContractError(
                f"表头更正里的字段 {entry.field!r} 不在来源合同里",
                where="headers.toml",
                rule=Rule.HEADER_MEMORY,
                action=f"用 sanzhao sources map --forget {entry.column} 去掉这条更正",
            )
        told[plain(entry.column)] = entry.field or None
    return told
