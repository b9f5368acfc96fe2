"""The consumer guide (docs), run as it stands over a published ledger."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.home.folders import Home
from tests.flows.ledger.test_versions import home, three_nights

__all__ = ["home", "three_nights"]
TEXT = (Path(__file__).parents[3] / "docs" / "一本账与数据合同.md").read_text("utf-8")
GUIDE = TEXT[TEXT.index("**给别的系统**") :]
NAMES = "DuckDB|pandas|Polars|Spark|Power Query|PostgreSQL"
BLOCKS = {
    found.group(2): found.group(0).partition("\n")[2].removesuffix("```")
    for found in re.finditer(rf"```\w*\n[^`]*?(//|#|--) ({NAMES})[^`]*```", GUIDE)
}


def placed(name: str, home: Home) -> str:
    return BLOCKS[name].replace("H/ledger", str(home.ledger))


@pytest.mark.parametrize("name", ["DuckDB", "pandas", "Polars"])
def test_three_lines_read_the_ledger(name: str, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(placed(name, home), f"README {name}", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out
    assert "L1" in printed
    assert "N0" in printed


def test_spark_and_power_query_are_written_as_those_take_them(home: Home) -> None:
    compile(placed("Spark", home), "README Spark", "exec")
    text = BLOCKS["Power Query"]
    assert re.search(r"^let\b.*^in ", text, re.DOTALL | re.MULTILINE)
    for opening, closing in ("()", "{}"):
        assert text.count(opening) == text.count(closing)
    assert text.count('"') % 2 == 0


def test_every_reader_named_has_its_example() -> None:
    assert set(BLOCKS) == {"DuckDB", "pandas", "Polars", "Spark", "Power Query", "PostgreSQL"}
