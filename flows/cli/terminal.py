"""Answers go to standard output; progress to standard error, and only where someone watches."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from matchers.engine import Progress

_PLAIN_WIDTH = 118


def terminal() -> Console:
    """Standard output; wide enough for the tables where it is a file or a pipe."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=_PLAIN_WIDTH)


def called() -> str:
    """How this program is called here: by its name where the shell finds it, else as it was typed."""
    typed = sys.argv[0]
    result = shutil.which("sanzhao")
    known = result is not None and os.path.realpath(result) == os.path.realpath(typed)
    return "sanzhao" if known or not typed.endswith("sanzhao") else os.path.relpath(typed)


@contextmanager
def progress_on_terminal() -> Iterator[Progress]:
    """A progress bar per kind of work on a terminal, silence elsewhere."""
    from matchers.engine import silent

    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("还要"), TimeRemainingColumn(),
    )  # fmt: skip
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("开始", total=None)
        last = ""

        def progress(what: str, done: int, of: int) -> None:
            nonlocal last
            if what != last:  # another kind of work has another pace
                bars.reset(bar)
            last = what
            bars.update(bar, description=what, completed=done, total=of)

        yield progress
