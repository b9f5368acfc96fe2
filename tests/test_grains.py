"""Every relation a `.sql` file makes opens with its grain: a comment before it, or as its first line."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
_MADE = re.compile(r"create or replace (?:temp )?(?:table|view) (\w+) as\b(.*)")


def _without_grain(text: str) -> list[str]:
    lines = ["", *text.split("\n"), ""]
    return [
        made[1]
        for above, line, below in zip(lines, lines[1:], lines[2:], strict=False)
        if (made := _MADE.match(line)) and not any(one.strip().startswith("--") for one in (above, made[2], below))
    ]


def test_every_relation_of_a_script_opens_with_its_grain() -> None:
    bare = {
        str(path.relative_to(ROOT)): names
        for package in ("matchers", "flows")
        for path in sorted((ROOT / package).rglob("*.sql"))
        if (names := _without_grain(path.read_text("utf-8")))
    }
    assert not bare


def test_a_relation_without_a_grain_is_seen() -> None:
    assert _without_grain("create or replace table a as\nselect 1\n;\n-- One row.\ncreate or replace table b as\n") == [
        "a"
    ]
