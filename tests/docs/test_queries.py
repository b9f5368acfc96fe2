"""The twelve questions of docs/查询示例.md: DuckDB, pandas, Polars and Spark give the same answers."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from flows.home.folders import Home
from flows.ledger.publish.read import current_version
from tests.flows.ledger.district import AS_OF, District, context, first_night, night, number_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "查询示例.md").read_text("utf-8")
QUESTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
SPARK = Path(os.environ.get("SANZHAO_SPARK_PYTHON", ROOT / ".venv-spark" / "bin" / "python"))


def written(question: str, engine: str) -> str:
    (text,) = re.findall(rf"```(?:sql|python) {engine}\n(.*?)```", question, re.DOTALL)
    return str(text)


def plain(rows: Iterable[Iterable[Any]]) -> list[list[str]]:
    """Rows as texts in one order, whatever an engine calls a number, a day or nothing."""
    return sorted([[_text(value) for value in row] for row in rows])


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).removesuffix(" 00:00:00")


def district(*, lost: bool) -> District:
    """Two members out of touch, one perhaps no longer; one of no branch, a pair that waits; no organisation."""
    made = District()
    for turn, name in enumerate(("李建国", "王秀英", "周海波"), start=1):
        out_of_touch = turn == 2 or (turn == 1 and lost)
        branch = None if turn == 3 else "云溪街道第一党支部"
        cells = {"member_no": f"M{turn}", "lost_contact": out_of_touch, "branch_name": branch}
        person = made.member(name, number_of(turn), **cells)
        made.worker(name, number_of(turn), person, unit_name="澜江配送公司", record_id=f"W{turn}")
    made.decided[-1]["flags"] = ["shared_phone"]
    waiting = made.member("吴桂芳", number_of(4), member_no="M4")
    made.worker("吴桂芳", None, waiting, decision="review", record_id="W4")
    return made


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two nights: the second one finds the lost member back in touch."""
    root = tmp_path_factory.mktemp("queries")
    first_night(district(lost=True), context(root))
    night(district(lost=False), context(root, AS_OF + timedelta(days=1), run_id="run-2"))
    return context(root).home


def placed(text: str, home: Home) -> str:
    current = current_version(home)
    assert current is not None
    return text.replace("V/", f"{current.folder}/").replace("H/", f"{home.root}/")


def by_duckdb(question: str, home: Home) -> list[list[str]]:
    return plain(duckdb.sql(placed(written(question, "duckdb"), home)).fetchall())


def test_there_are_twelve_questions() -> None:
    assert len(QUESTIONS) == 12


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda text: text.partition("、")[0])
def test_duckdb_pandas_and_polars_agree(question: str, ledger: Home) -> None:
    answer = by_duckdb(question, ledger)
    rooms: dict[str, dict[str, Any]] = {"pandas": {"pd": pd}, "polars": {"pl": pl}}
    for engine, room in rooms.items():
        exec(compile(placed(written(question, engine), ledger), engine, "exec"), room)  # noqa: S102
    assert plain(rooms["pandas"]["answer"].itertuples(index=False)) == answer
    assert plain(rooms["polars"]["answer"].rows()) == answer


def test_the_questions_have_answers(ledger: Home) -> None:
    empty = {question.partition("、")[0] for question in QUESTIONS if not by_duckdb(question, ledger)}
    assert empty == set()


@pytest.mark.slow
@pytest.mark.skipif(
    not (SPARK.exists() and shutil.which("java")),
    reason="no .venv-spark or no Java 17: make spark builds it and runs this",
)
def test_spark_gives_the_same_answers(ledger: Home) -> None:
    texts = [placed(written(question, "spark"), ledger) for question in QUESTIONS]
    done = subprocess.run(
        [SPARK, ROOT / "tests" / "docs" / "spark_answers.py"],
        input=json.dumps(texts), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert "ANSWERS" in done.stdout, done.stderr[-3000:]
    answers = json.loads(done.stdout.rpartition("ANSWERS")[2])
    for question, rows in zip(QUESTIONS, answers, strict=True):
        assert plain(rows) == by_duckdb(question, ledger), question.partition("\n")[0]
