"""Which module has which command, and the command line of some of them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from flows.cli.commands import Commands

_HELP = "三找：把各部门导出的人员数据与党员名册比对，成一本账。"
MODULES = {
    "init": "run", "run": "run", "trial": "trial", "status": "run", "serve": "serve", "doctor": "doctor",
    "backup": "backup", "restore": "backup", "model": "model", "link": "linking", "dedupe": "linking",
    "train": "linking", "why": "why", "purge": "returns", "sample": "sample", "explain": "explain", "find": "find",
    "review": "review", "evaluate": "evaluate",
}  # fmt: skip
GROUPS = ("ledger", "sources", "tasks", "audit", "keys", "units", "exchange")


def wired(names: Iterable[str]) -> Commands:
    """A command line of these commands and groups."""
    app = Commands(help=_HELP)
    app.callback()(_together)
    for name in names:
        module = import_module(f"flows.cli.{MODULES.get(name, name)}")
        if name in GROUPS:
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"sanzhao {version('sanzhao')}")
        raise typer.Exit


def _together(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="显示版本号。")
    ] = False,
) -> None:
    """The options of the whole; without a callback the library takes a lone command for the whole command line."""


def app_for(arguments: list[str]) -> Commands:
    """The command line for these words: only the command they name, since wiring all takes a while; all for help."""
    first = arguments[0] if arguments else ""
    return wired([first] if first in MODULES or first in GROUPS else [*MODULES, *GROUPS])
