"""What a change tells of the version before, without the numbers of persons that were published then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flows.ledger.published_cells import TOKENS

Clean = Callable[[str], str]


def without_old_numbers(row: dict[str, Any], clean: Clean) -> dict[str, Any]:
    """A row of changes, `before` and the places of its rows cleaned text by text; `after` is tonight's, and clean."""
    before = row["before"]
    if before is not None and clean(before) != before:
        told = _walked(json.loads(before), clean)
        before = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return {**row, "before": before, "source_rows": [clean(place) for place in row["source_rows"]]}


def _walked(value: Any, clean: Clean) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_walked(entry, clean) for entry in value]
    if isinstance(value, dict):
        return {name: entry if name in TOKENS else _walked(entry, clean) for name, entry in value.items()}
    return value
