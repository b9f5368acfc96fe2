"""Every code that people read has one Chinese word, in `schemas/words.toml` and nowhere else."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from flows.scope.rows import Outside
from schemas.contracts import load_sources
from schemas.policy import load_policy
from schemas.words import words

TREE = Path(__file__).parents[2]
ROOMS = ("schemas", "matchers", "reports", "flows")
_CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*$")
_AUDITING = {"audit", "note"}


def published() -> dict[str, dict[str, list[str]]]:
    """The codes that each published table allows, by column."""
    text = (resources.files("schemas") / "ledger/ledger.toml").read_text("utf-8")
    return {name: table.get("allowed", {}) for name, table in tomllib.loads(text).items() if isinstance(table, dict)}


def audited() -> Iterator[tuple[str, str]]:
    """Every act that some call of the tree writes to the audit log: where, and its code."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(TREE.glob("flows/**/*.py"))}
    names = {
        target.id: node.value.value
        for tree in trees.values() for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip
    for path, tree in trees.items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if called in _AUDITING:
                for part in (part for value in call.args for part in _plain(value)):
                    code = part.value if isinstance(part, ast.Constant) else names.get(getattr(part, "id", ""))
                    if isinstance(code, str) and _CODE.match(code) and code != "sanzhao":
                        yield f"{path.relative_to(TREE)}:{call.lineno}", code


def _plain(value: ast.expr) -> list[ast.expr]:
    """A constant, a name, or both ends of a condition."""
    return [*_plain(value.body), *_plain(value.orelse)] if isinstance(value, ast.IfExp) else [value]


def test_every_audited_act_has_its_word_and_every_word_its_act() -> None:
    found = list(audited())
    assert [(where, act) for where, act in found if act not in words("acts")] == []
    assert {act for _, act in found} == set(words("acts")), "a word of an act that nothing writes is no word"


def codes() -> dict[str, set[str]]:
    """Codes per kind, as the tables, contracts, models and the policy have them."""
    tables, models = (
        published(),
        [tomllib.loads(path.read_text("utf-8")) for path in TREE.glob("matchers/**/person_cn.toml")],
    )
    assert models
    return {
        "statuses": {*tables["ledger"]["statuses"], *load_policy().statuses.order},
        "classes": set(tables["ledger"]["match_class"]),
        "sexes": set(tables["ledger"]["sex"]),
        "doubts": set(tables["review"]["doubt"]),
        "changes": set(tables["changes"]["change"]),
        "scopes": set(tables["coverage"]["scope"]),
        "outside": {reason.value for reason in Outside},
        "sources": set(load_sources()),
        "flags": set(words("flag_basis")),
        "rules": {rule for model in models for rule in model["blocking"]},
        "levels": {level for model in models for levels in model["comparisons"].values() for level in levels}
        | {"null"},
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(codes()))
def test_every_code_of_a_kind_has_its_word(kind: str) -> None:
    assert codes()[kind] - set(words(kind)) == set()


def test_a_status_has_one_name_in_the_policy_and_in_the_words() -> None:
    policy = load_policy()
    assert {code: policy.statuses.codes[code].name for code in policy.statuses.order} == dict(words("statuses"))


def test_no_other_list_of_words_stands_beside_the_word_book() -> None:
    """A list of words for the same codes beside the book would be the second name of one thing."""
    kinds = [set(words(kind)) for kind in ("acts", "statuses", "classes", "doubts", "levels", "flags", "columns")]
    found = []
    for path in sorted(path for room in ROOMS for path in TREE.glob(f"{room}/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict) and len(node.keys) > 4:
                keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                chinese = all(
                    isinstance(one, ast.Constant) and re.search("[一-鿿]", str(one.value)) for one in node.values
                )
                if chinese and any(len(keys & kind) > len(keys) / 2 for kind in kinds):
                    found.append(f"{path.relative_to(TREE)}:{node.lineno}")
    assert found == []
