"""The golden ledger: a tiny fixed drop, a story a person, and what must be published about it.

`python -m tests.golden.golden` writes `expected.json` anew; read the difference before keeping it.
"""

from __future__ import annotations

import json
import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

HERE = Path(__file__).parent
DROP, EXPECTED = HERE / "drop", HERE / "expected.json"
DAY = date(2026, 11, 20)
KEY = b"a golden ledger needs a fixed key\n"
# The weights are learned anew now and then; which tier, which status and which reason may not stir with them.
_LEARNED = {"match_weight", "match_probability", "blocking_rules", "levels"}


def published(home: Path, key: Path) -> dict[str, Any]:
    """Every person, waiting pair and unit of coverage published from the golden drop, without learned weights."""
    from flows.home.folders import Home
    from flows.pipeline.driver import drive
    from flows.pipeline.request import RunRequest
    from tests.flows.command import without_reports
    from tests.flows.ledger.coded import codes_without_word

    key.write_bytes(KEY)
    os.environ["SANZHAO_KEY_FILE"] = str(key)
    try:
        summary = drive(RunRequest(Home(without_reports(home)), drop=DROP, as_of=DAY))
    finally:
        del os.environ["SANZHAO_KEY_FILE"]
    folder = home / "ledger" / "versions" / summary.version
    rows = {name: pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("ledger", "review", "coverage")}
    body: dict[str, Any] = json.loads(json.dumps(_without_weights(rows), default=str))
    body["codes_without_word"] = codes_without_word(folder)
    return {"sources": {line.source: [line.rows_in, line.quarantined] for line in summary.sources}, **body}


def _without_weights(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_weights(inner) for name, inner in value.items() if name not in _LEARNED}
    return [_without_weights(inner) for inner in value] if isinstance(value, list) else value


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        body = published(Path(folder) / "home", Path(folder) / "key")
    EXPECTED.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
