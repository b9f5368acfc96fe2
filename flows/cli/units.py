"""`sanzhao units list|join|split`: the register of units, and a person's word on it."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.commands import Commands
from flows.cli.options import HomeOption, JsonOption
from flows.cli.terminal import terminal

if TYPE_CHECKING:
    from flows.home.keys import DistrictKey
    from flows.home.store import Store

app = Commands(help="单位名册：看各单位的写法、上级和疑问，合并或拆开。")


@app.callback()
def _group() -> None:
    """单位名册：看各单位的写法、上级和疑问，合并或拆开。"""


@contextmanager
def _opened(home: HomeOption) -> Iterator[tuple[DistrictKey, Store]]:
    from flows.home.folders import Home
    from flows.home.keys import load_key
    from flows.home.settings import load_settings
    from flows.home.store import opened_store

    place = Home(home.resolve())
    with opened_store(place, load_settings(place).store_url) as store:
        yield load_key(place), store


@app.command("list")
def list_units(
    home: HomeOption,
    doubts: Annotated[bool, typer.Option("--doubts", help="只看等人回答的疑问")] = False,
    json: JsonOption = False,
) -> None:
    """列出单位：编号、名称、信用代码、类别、上级、镇街、写法；--doubts 列出要问的。"""
    from flows.units.asking import doubts_waiting
    from flows.units.memory import read_register, row_of

    with _opened(home) as (key, store):
        register, _ = read_register(key, store)
        waiting = doubts_waiting(key, store)
    units = sorted(register.units.values(), key=lambda unit: (unit.parent or unit.unit_key, unit.parent is not None))
    if json:
        import json as text

        body = {"units": [] if doubts else [row_of(unit) for unit in units], "doubts": waiting}
        print(text.dumps(body, ensure_ascii=False, indent=2))
        return
    from reports.terminal_tables import whole_table

    if not doubts:
        table = whole_table(
            "编号", "名称", "信用代码", "类别", "上级", "镇街", "行业", "写法", title="单位名册", title_justify="left"
        )
        for unit in units:
            cells = (unit.unit_key, unit.name, unit.credit_code, unit.kind, unit.parent, unit.street, unit.trade)
            table.add_row(*(cell or "" for cell in cells), str(len({text for text, _ in unit.spellings})))
        terminal().print(table)
    table = whole_table(
        "疑问", "一方", "另一方", "缘由", "自", title=f"等人回答的疑问（{len(waiting)}）", title_justify="left"
    )
    for entry in waiting:
        table.add_row(entry["doubt_id"], entry["left_text"], entry["right_text"], entry["reason"], entry["since"])
    terminal().print(table)


@app.command("join")
def join(
    entry: Annotated[str, typer.Argument(metavar="UNIT", help="单位编号、名称或写法", show_default=False)],
    other: Annotated[str, typer.Argument(metavar="UNIT", help="另一个", show_default=False)],
    home: HomeOption,
) -> None:
    """两个单位是同一个：下次运行起合并，人说的为准。"""
    from flows.units.asking import Speaker, join_units

    with _opened(home) as (key, store):
        left, right = join_units(key, store, entry, other, Speaker(getpass.getuser(), datetime.now(UTC)))
    print(f"已记住：{left.name} 与 {right.name} 是同一单位，下次运行起生效")


@app.command("split")
def split(
    spelling: Annotated[str, typer.Argument(metavar="SPELLING", help="要拆出来的写法", show_default=False)],
    home: HomeOption,
) -> None:
    """一个写法不是它现在所归的单位：下次运行起自成一个单位，人说的为准。"""
    from flows.units.asking import Speaker, split_unit

    with _opened(home) as (key, store):
        unit = split_unit(key, store, spelling, Speaker(getpass.getuser(), datetime.now(UTC)))
    print(f"已记住：“{spelling}”不是 {unit.name}，下次运行起生效")
