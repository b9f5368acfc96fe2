"""Counts of the tree's structure, for the packages schemas, matchers, reports and flows, without migrations where said.

One line per count: Python lines and modules per package; functions over five parameters (commands of the command line,
whose parameters are their options, apart); SQL put together from text that is not a name; `dict[str, Any]`; refusals
whose rule is a string; cycles between folders; relations handed from one step of the night to another.
Usage: python -m benchmarks.house [--list COUNT] [TREE]; with --list the places behind one count.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("schemas", "matchers", "reports", "flows")
MOST = 5
_RUNS_SQL = frozenset({"execute", "executemany", "sql", "query", "from_query"})


@dataclass(frozen=True)
class Module:
    path: Path
    text: str
    tree: ast.Module

    @property
    def folder(self) -> str:
        """`flows.cli`: the room a module stands in; a module at the root of a package is a room by itself."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:2])


def modules(root: Path) -> list[Module]:
    found = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            text = path.read_text("utf-8")
            found.append(Module(path.relative_to(root), text, ast.parse(text)))
    return found


def _functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (one for one in ast.walk(module.tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = function.args
    named = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in named if name not in ("self", "cls")])


def _is_command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether parameters are options of the command line, or fields of the run form (a Prefect flow's)."""
    decorators = " ".join(ast.unparse(one) for one in function.decorator_list)
    options = [ast.unparse(one.annotation) for one in function.args.args if one.annotation]
    is_option = any(one.endswith(("Option", "Argument")) or "typer." in one for one in options)
    return is_option or any(word in decorators for word in ("command", "callback", "flow("))


def many_parameters(module: Module) -> list[str]:
    return [
        f"{module.path}:{one.lineno} {one.name} {_parameters(one)}"
        for one in _functions(module)
        if _parameters(one) > MOST and not _is_command(one)
    ]


def commands_with_many_options(module: Module) -> list[str]:
    return [
        f"{module.path}:{one.lineno} {one.name} {_parameters(one)}"
        for one in _functions(module)
        if _parameters(one) > MOST and _is_command(one)
    ]


def sql_with_values(module: Module) -> list[str]:
    """Text between quotes of an f-string that is run as SQL: a value, where names stand between double quotes."""
    found = []
    for call in ast.walk(module.tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or not call.args:
            continue
        if call.func.attr in _RUNS_SQL and isinstance(call.args[0], ast.JoinedStr) and _quotes_a_value(call.args[0]):
            found.append(f"{module.path}:{call.lineno}")
    return found


def _quotes_a_value(text: ast.JoinedStr) -> bool:
    parts = text.values
    return any(
        isinstance(part, ast.FormattedValue)
        and isinstance(before, ast.Constant)
        and str(before.value).endswith(("'", "= ", "< ", "> "))
        for before, part in itertools.pairwise(parts)
    )


def sql_of_names(module: Module) -> list[str]:
    return [
        f"{module.path}:{call.lineno}"
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _RUNS_SQL
        and call.args
        and isinstance(call.args[0], ast.JoinedStr)
    ]


def untyped_dicts(module: Module) -> list[str]:
    lines = enumerate(module.text.splitlines(), 1)
    return [f"{module.path}:{number} {line.strip()}" for number, line in lines if "dict[str, Any]" in line]


def rules_as_strings(module: Module) -> list[str]:
    return [
        f"{module.path}:{call.lineno}"
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Error")
        for word in call.keywords
        if word.arg == "rule" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
    ]


def long_modules(module: Module) -> list[str]:
    lines = len(module.text.splitlines())
    return [f"{module.path} {lines}"] if lines > 400 else []


def cycles(found: list[Module]) -> list[str]:
    """Folders of one package that import each other, straight or round about, by what is imported at the top."""
    names = {".".join(one.path.with_suffix("").parts) for one in found}
    folders = {one.folder for one in found}
    edges: dict[str, set[str]] = {folder: set() for folder in folders}
    for one in found:
        for target in _imported(one.tree.body):
            other = ".".join(target.split(".")[:2])
            if other in folders and other != one.folder and (target in names or other in folders):
                edges[one.folder].add(other)
    return [f"{folder}" for folder in sorted(edges) if folder in _reached(edges, folder)]


def _imported(body: list[ast.stmt]) -> Iterator[str]:
    for one in body:
        if isinstance(one, ast.ImportFrom) and one.module:
            yield from (f"{one.module}.{name.name}" for name in one.names)
        elif isinstance(one, ast.Import):
            yield from (name.name for name in one.names)


def _reached(edges: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(edges[one])
    return found


def relations_between_steps() -> list[str]:
    from flows.pipeline.steps import STEPS

    return sorted({relation for step in STEPS for relation in step.reads})


_COUNTS: dict[str, Callable[[Module], list[str]]] = {
    "functions over 5 parameters": many_parameters,
    "commands and flows over 5 options": commands_with_many_options,
    "f-string SQL with values": sql_with_values,
    "f-string SQL in all (names)": sql_of_names,
    "dict[str, Any] lines": untyped_dicts,
    "rules as strings": rules_as_strings,
    "modules over 400 lines": long_modules,
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("tree", nargs="?", type=Path, default=Path())
    asked.add_argument("--list", choices=[*_COUNTS, "cycles"], help="the places behind one count")
    chosen = asked.parse_args()
    found = modules(chosen.tree)
    if chosen.list:
        places = cycles(found) if chosen.list == "cycles" else [p for m in found for p in _COUNTS[chosen.list](m)]
        print("\n".join(places))
        return
    for package in PACKAGES:
        own = [one for one in found if one.path.parts[0] == package]
        print(f"{package:<32}{sum(len(one.text.splitlines()) for one in own):>8,} lines {len(own):>5} modules")
    print(f"{'in all':<32}{sum(len(one.text.splitlines()) for one in found):>8,} lines {len(found):>5} modules")
    for name, count in _COUNTS.items():
        print(f"{name:<32}{sum(len(count(one)) for one in found):>8,}")
    print(f"{'folders in a cycle':<32}{len(cycles(found)):>8,}")
    if chosen.tree.resolve() == Path(__file__).parents[1]:
        print(f"{'relations between steps':<32}{len(relations_between_steps()):>8,}")


if __name__ == "__main__":
    sys.exit(main())
