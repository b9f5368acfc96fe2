"""`sanzhao model`: a first model file drafted from the tables themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ending import say
from flows.cli.linking import LeftArgument, MemoryOption, engine_options

if TYPE_CHECKING:
    from matchers.drafting.draft import Draft
    from matchers.drafting.pairing import Aside


def model(
    left: LeftArgument,
    out: Annotated[Path, typer.Option("--out", help="起草的模型写到哪个文件（.toml）", show_default=False)],
    right: Annotated[
        Path | None, typer.Argument(metavar="[RIGHT]", help="右表；不给就是一张表查重", show_default=False)
    ] = None,
    memory: MemoryOption = "4GB",
) -> None:
    """从表里的列起草一个模型文件：认出各列是什么、怎么比、用什么分组；再用 sanzhao train 学分值，经人看过后使用。"""
    from flows.cli.outputs import refuse_overwriting
    from flows.home.folders import write_private
    from flows.tabular import check_place, open_table
    from flows.tabular.people_cells import people_reading
    from matchers.drafting.commented import draft_text
    from matchers.drafting.draft import draft_model

    check_place(out)
    refuse_overwriting({"--out": out}, {"LEFT": left, "RIGHT": right})
    tables = open_table(left, say), open_table(right, say) if right else None
    with engine_options(memory) as options:
        draft = draft_model(*tables, reading=people_reading, options=options)
    write_private(out, draft_text(draft).encode())
    print("\n".join(lines(draft, out, same=right is None)))


def lines(draft: Draft, out: Path, *, same: bool) -> list[str]:
    """What was understood as what, what was left aside and why, the blocking rules, and what to do next."""
    from flows.cli.understood import kind_word

    told = [
        f"{headers[0]}"
        + (f" 与 {headers[1]}" if headers[0] != headers[1] else "")
        + f"：当作{kind_word(draft.model.columns[name])}（{pair.because}）"
        for (name, headers), pair in zip(draft.headers.items(), draft.pairing.paired, strict=True)
    ]
    told += _asides("表" if same else "左表", draft.pairing.left_aside) + _asides("右表", draft.pairing.right_aside)
    rules = [candidate for candidate in draft.rules.candidates if candidate.chosen]
    told.append(f"分组规则 {len(rules)} 条，共约 {draft.rules.pairs:,} 对（上限 {draft.rules.budget:,}）")
    told.append(f"模型：{out}")
    return [*told, f"接着：{_next(draft, out, same=same)}"]


def _asides(side: str, columns: tuple[Aside, ...]) -> list[str]:
    return [f"{side}不用 {column.header}：{column.because}" for column in columns]


def _next(draft: Draft, out: Path, *, same: bool) -> str:
    """The commands that come next, with the id columns that were found."""
    ids = [
        next((column.header for column in columns if column.is_record_number), None)
        for columns in (draft.pairing.left_aside, draft.pairing.right_aside)
    ]
    tables = "TABLE" if same else "LEFT RIGHT"
    names = ("--id",) if same else ("--left-id", "--right-id")
    counts_text = " ".join(f"{name} {header}" for name, header in zip(names, ids, strict=False) if header)
    trained = out.with_name(f"{out.stem}-trained.toml")
    command = "dedupe" if same else "link"
    return (
        f"sanzhao train {tables} --model {out} --out {trained}，看过说明后 "
        f"sanzhao {command} {tables} --model {trained} --out PAIRS.parquet {counts_text}".rstrip()
    )
