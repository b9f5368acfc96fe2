"""One link in a process of its own, that writes down what it took: for benchmarks.scale."""

from __future__ import annotations

import json
import resource
import tempfile
from pathlib import Path

from flows.cli.linking import load_model
from flows.tabular import open_table, write_table
from matchers.engine import Options
from matchers.engines.link import link_tables
from matchers.linking import link
from matchers.sides.spool import Spool


def linked(folder: str, model: str, memory: str, report: str) -> None:
    """Link left and right.parquet of a folder: pairs beside the report of processor seconds, spill and pairs."""
    pairs, spools = [0], list[Spool]()
    made = Spool.__init__

    def counted(spool: Spool, *args: object, **named: object) -> None:
        made(spool, *args, **named)  # type: ignore[arg-type]
        spools.append(spool)

    def progress(what: str, done: int, of: int) -> None:
        if "（对）" in what:
            pairs[0] = of

    Spool.__init__ = counted  # type: ignore[method-assign]
    loaded, sides = load_model(model), [open_table(Path(folder) / f"{side}.parquet") for side in ("left", "right")]
    with tempfile.TemporaryDirectory(prefix="sanzhao-scale-", dir=Path(report).parent) as spill:
        options, ids = Options(memory=memory, spill=Path(spill), progress=progress), ("row_id", "row_id")
        if loaded.finds_headers:
            from flows.tabular.people_cells import people_reading

            found = link(*sides, loaded, ids=ids, reading=people_reading, options=options)
        else:
            found = link_tables(*sides, loaded, ids=ids, options=options)
        write_table(found, Path(report).with_suffix(".parquet"))
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "cpu": used.ru_utime + used.ru_stime,
        "pairs": pairs[0],
        "spilled_mb": sum(spool.bytes_written for spool in spools) >> 20,
    }
    Path(report).write_text(json.dumps(figures), "ascii")
