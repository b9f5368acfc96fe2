"""Errors bear a rule of one list; what helps against it stands there, not in a message."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest

from schemas.errors import HomeError, InputError, SanzhaoError
from schemas.rules import Rule

ROOT = Path(__file__).parents[2]
SOURCES = {path: path.read_text("utf-8") for name in ("schemas", "matchers", "reports", "flows")
           for path in (ROOT / name).rglob("*.py") if path.name != "rules.py"}  # fmt: skip


def test_no_refusal_names_its_rule_by_a_string_and_every_member_is_named() -> None:
    texts = [
        f"{path.name}:{call.lineno}"
        for path, text in SOURCES.items()
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Error")
        for word in call.keywords
        if word.arg == "rule"
        for constant in ast.walk(word.value)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    ]
    assert texts == []
    tree = "\n".join(SOURCES.values())
    assert [rule.name for rule in Rule if f"Rule.{rule.name}" not in tree] == []


@pytest.mark.parametrize(
    "error", [HomeError("x", rule=Rule.RUN_LOCK), InputError("x", rule=Rule.NO_ROLL), SanzhaoError("x")]
)
def test_an_error_s_rule_is_a_member_also_behind_a_process(error: SanzhaoError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own error
    assert again.rule is error.rule
    assert error.rule is None or error.rule in Rule
    assert (str(again), again.plain) == (str(error), "x")


def test_what_may_help_is_a_matter_of_the_rule() -> None:
    at_once = {rule for rule in Rule if rule.retryable_at_once}
    later = {rule for rule in Rule if rule.retryable}
    assert at_once < later
    assert Rule.DISK_FULL in later - at_once
    assert not later & {rule for rule in Rule if rule.better_files_may_help}
    assert Rule.NO_ROLL.better_files_may_help


def test_a_code_of_another_edition_stands_for_itself() -> None:
    told = Rule("gone_since")
    assert (told, str(told), told.retryable) == ("gone_since", "gone_since", False)
