"""One name stands for one thing across the packages, and no name is a private word (style.md 17 and 18)."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "matchers", "reports", "flows")
PRIVATE_WORDS = {
    "told", "said", "says", "shown", "counted", "crowded", "lift", "ceiling", "ceilings", "hopeful", "telling", "held",
    "one", "found", "there", "here", "asked", "known", "answered", "spoken",
}  # fmt: skip
"""Words that say what happened to a thing, where the field's word says what it is."""

ALLOWED = {
    ("reports/link_quality/trust.py", "known"): "a key of link_quality.json, which offices keep",
    ("flows/doctor/finding.py", "found"): "a key of `sanzhao doctor --json`",
    ("flows/review/plain.py", "here"): "the templates' word for the entry of the head that is open",
}
ALSO_INSIDE_FUNCTIONS = (
    "matchers/deciding", "matchers/drafting", "matchers/kinds", "matchers/measuring", "matchers/model",
    "matchers/persons", "matchers/training", "matchers/weighing",
)  # fmt: skip
"""Where parameters and local names are held to it too."""


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the packages by its path; migrations stay as they were when they ran."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts)
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in paths}


def plain(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_")


def declared(tree: ast.AST) -> Iterator[str]:
    """Names a module declares: classes, functions, methods, constants and fields."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
            yield from declared(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def inside(tree: ast.AST) -> Iterator[str]:
    """Every name that is bound anywhere: parameters, local names, loop variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def private_words(path: str, tree: ast.Module) -> set[str]:
    names = {Path(path).stem, *declared(tree)}
    if path.startswith(ALSO_INSIDE_FUNCTIONS):
        names |= set(inside(tree))
    return {name for name in names if plain(name) in PRIVATE_WORDS and (path, plain(name)) not in ALLOWED}


def test_one_class_name_stands_for_one_thing() -> None:
    homes = defaultdict(list)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path)
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_no_name_is_a_private_word() -> None:
    found = {path: names for path, tree in trees().items() if (names := private_words(path, tree))}
    assert found == {}, "say what the thing is: comparison level, match weight, term frequency, row, pair, answer …"


def test_every_exception_still_stands() -> None:
    for path, word in ALLOWED:
        names = {Path(path).stem, *declared(trees()[path])}
        assert word in {plain(name) for name in names}, f"{path}: {word} is gone, take the exception away"


def test_the_lint_sees_what_it_is_to_see() -> None:
    text = "class Told:\n    held: int\n    def shown(self): ...\n_FOUND = 1\ndef asked(one): known = one\n"
    tree = ast.parse(text)
    assert private_words("flows/a.py", tree) == {"Told", "held", "shown", "_FOUND", "asked"}
    assert private_words("matchers/kinds/a.py", tree) == {"Told", "held", "shown", "_FOUND", "asked", "one", "known"}
    assert private_words("flows/told.py", ast.parse("")) == {"told"}
