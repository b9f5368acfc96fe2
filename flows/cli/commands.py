"""A group of commands whose help is Chinese in its headings too, not in its texts only."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

_KINDS = {"<path>": "路径", "<str>": "文字", "<int>": "整数", "<float>": "小数", "<bool>": "开关", "<file>": "路径"}
"""Kinds of values as a help page names them, where an option has no word of its own."""
_SEVERAL = re.compile(r"<list\[(\w+)\]>")
_TITLES = {"ARGUMENTS": "参数", "OPTIONS": "选项", "COMMANDS": "命令", "ERRORS": "错误"}


def _help_kind(kind: str, **_: Any) -> str:
    return kind


def _fold_lines(rich_utils: Any) -> None:
    """Make the help pages fold a line without blanks, as Chinese lines are, where the library cuts it at the edge."""
    from rich.table import Table
    from rich.text import Text

    class Folding(Table):
        def add_row(self, *cells: Any, **options: Any) -> None:
            super().add_row(*cells, **options)
            for column in self.columns:
                column.overflow = "fold"

    def joined(texts: list[Any]) -> Any:
        return Text(" ", overflow="fold").join([text if isinstance(text, Text) else Text(str(text)) for text in texts])

    rich_utils.Table, rich_utils.Columns = Folding, joined


class _InChinese:
    """The texts of a help page that the library writes itself: usage, panel titles, the help option's line."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "显示这份说明。"
        return option

    def get_params(self, ctx: Any) -> Any:
        result = super().get_params(ctx)  # type: ignore[misc]
        for param in result:
            shown = _SEVERAL.sub(r"<\1>", param.display_type_rich(ctx=ctx)).lower()
            if shown in _KINDS:
                param.display_type_rich = partial(_help_kind, _KINDS[shown])
        return result

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        formatter.write_usage(*self._words(ctx), prefix="用法：")

    def _words(self, ctx: Any) -> tuple[str, str]:
        pieces = " ".join(self.collect_usage_pieces(ctx))  # type: ignore[attr-defined]
        return ctx.command_path, pieces.replace("OPTIONS", "选项").replace("COMMAND [ARGS]...", "命令 …")

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from typer import rich_utils

        for name, title in _TITLES.items():
            setattr(rich_utils, f"{name}_PANEL_TITLE", title)
        _fold_lines(rich_utils)
        rich_utils.REQUIRED_LONG_STRING, rich_utils.DEFAULT_STRING = "[必填]", "[默认：{}]"
        super().format_help(ctx, formatter)  # type: ignore[misc]


class _Command(_InChinese, TyperCommand):
    pass


class _CommandGroup(_InChinese, TyperGroup):
    pass


class Commands(typer.Typer):
    """One group of commands; `Commands(help="…")`, then `@group.command("name")`."""

    def __init__(self, help: str) -> None:
        super().__init__(
            cls=_CommandGroup, help=help, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
        )

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """A decorator, as the library's own."""
        return super().command(name, cls=_Command, **options)
