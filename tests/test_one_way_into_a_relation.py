"""Rows get into a DuckDB relation by `matchers.relations` alone, which counts them: the library hides some."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchers.relations import query_text, writes

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "matchers", "reports", "flows")
ELSEWHERE = {
    "matchers/relations.py": "the one way itself",
    "flows/run/stepbook.py": "one row with bound values, replaced where it stands",
    "flows/ledger/export/postgres.py": "tables of a PostgreSQL server",
    "schemas/migrations": "tables of the state store",
}


def _modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def _texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string of a module but docstrings, with what an f-string fills in as `x`."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docs = {id(node.body[0].value) for node in nodes if node.body and isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values]
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def _writing(source: str) -> list[int]:
    """Lines whose string makes or fills a relation and is not given to `run_script`, by name or as it is."""
    if "table" not in source.lower() and "insert" not in source.lower():
        return []
    tree = ast.parse(source)
    given = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "run_script"
        for inner in ast.walk(node)
    }
    scripts = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) in given}
    named = {
        line
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id in scripts for one in node.targets)
        for line, _ in _texts(node)
    }
    return sorted({line for line, text in _texts(tree) if writes(text) and line not in named})


def test_no_module_makes_or_fills_a_relation_by_a_statement_of_its_own() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in _modules()
        if not str(path.relative_to(ROOT)).startswith(tuple(ELSEWHERE))
        for line in _writing(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'con.execute("insert into t select 1")',
        'con.execute(f"create or replace table {name} as select 1")',
        'con.execute("""create temp table t as\nselect 1""")',
        'con.execute("INSERT INTO t VALUES (1)")',
        'SQL = "create table t as select 1"\ncon.execute(SQL)',
    ],
)
def test_the_rule_sees_every_way_of_writing_it(source: str) -> None:
    assert _writing(source)


def test_a_script_file_is_run_statement_by_statement_and_never_whole() -> None:
    """Whoever reads a `.sql` file reads it through `script` (for run_script) or `query_text` (which refuses writes)."""
    readers = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in _modules()
        if path.name != "relations.py"
        for line, text in enumerate(path.read_text("utf-8").splitlines(), 1)
        if ".sql" in text and "read_text" in text
    ]
    assert readers == []
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.sql")]
    scripts = [path for path in files if writes(path.read_text("utf-8"))]
    assert scripts
    for path in scripts:
        with pytest.raises(ValueError, match="run_script"):
            query_text(".".join(path.parent.relative_to(ROOT).parts), path.name)
