"""`sanzhao evaluate`: a published ledger, or a table of pairs, against a truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import JsonOption


def evaluate(
    pairs: Annotated[
        Path | None, typer.Argument(metavar="[PAIRS]", help="link 或 dedupe 写出的对子", show_default=False)
    ] = None,
    home: Annotated[
        Path | None, typer.Option("--home", help="数据文件夹：核对其最新一本账", show_default=False)
    ] = None,
    truth: Annotated[Path, typer.Option("--truth", help="真值：对子用一个表，一本账用示例数据的 truth/ 文件夹")] = ...,  # type: ignore[assignment]
    json: JsonOption = False,
    page: Annotated[
        Path | None, typer.Option("--page", help="另写一页可离线看的网页：阈值曲线和各表", show_default=False)
    ] = None,
) -> None:
    """拿一本账（--home）或一表对子（PAIRS）与真值核对：对错、找回多少、把握准不准。"""
    if (pairs is None) == (home is None):
        raise typer.BadParameter("给 PAIRS 或 --home，二者取一")
    from flows.cli.outputs import refuse_overwriting
    from flows.home.folders import write_private

    refuse_overwriting({"--page": page}, {"PAIRS": pairs, "--truth": truth})
    if home is not None:
        from flows.evaluate.ledger import evaluate_home, summary_lines

        result = evaluate_home(home.resolve(), truth.resolve())
        if page is not None:
            from flows.evaluate.page import ledger_page

            write_private(page, ledger_page(result).encode())
        print(result.to_json() if json else "\n".join(summary_lines(result)))
        return
    from flows.cli.ending import say
    from flows.evaluate.pairs import evaluate_pairs, pairs_lines
    from flows.tabular import read_table

    measured = evaluate_pairs(read_table(pairs or Path(), say), read_table(truth, say))
    if page is not None:
        from flows.evaluate.page import pairs_page

        write_private(page, pairs_page(measured, f"对子与真值：{(pairs or Path()).name}").encode())
    print(measured.to_json() if json else "\n".join(pairs_lines(measured)))
