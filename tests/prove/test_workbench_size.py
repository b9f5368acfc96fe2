"""The workbench with 100,000 waiting pairs: a page under 2 s, the next pair under 200 ms, in a real browser."""

from __future__ import annotations

import json
import shutil
import statistics
import time
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.ledger.publish.files import parquet_bytes, sha256
from flows.ledger.publish.read import signature
from tests.browser.conftest import chromium, enter, free_port, start, stop, waiting_home  # noqa: F401  fixtures

pytestmark = pytest.mark.prove
PAIRS = 100_000


def crowded(home: Path) -> None:
    """Put a version in force that has its waiting pairs over and over, each under a name and number of its own."""
    index = json.loads((home / "ledger/index.json").read_text("utf-8"))
    folder = home / "ledger/versions" / index["version"]
    few = pq.read_table(folder / "review.parquet").replace_schema_metadata(None)
    many = pa.concat_tables([few] * (PAIRS // few.num_rows + 1)).slice(0, PAIRS)
    columns = {
        "pair_id": pa.array([f"{at:064x}" for at in range(PAIRS)]),
        "row": pa.array(range(2, PAIRS + 2), pa.int32()),
        "member_no": pa.array([f"50{at // 3:08d}" for at in range(PAIRS)]),
        "match_probability": pa.array([(at * 7919 % 1000) / 1000 for at in range(PAIRS)]),
    }
    for name, values in columns.items():
        many = many.set_column(many.schema.get_field_index(name), few.schema.field(name), values)
    data = parquet_bytes(many.sort_by("pair_id"), "review", date.fromisoformat(index["as_of"]))
    (folder / "review.parquet").write_bytes(data)
    index["files"]["review.parquet"] = {"rows": PAIRS, "bytes": len(data), "sha256": sha256(data)}
    index["hmac"] = signature(load_key(Home(home)), index)
    for path in (folder / "index.json", home / "ledger/index.json"):
        path.write_text(json.dumps(index, ensure_ascii=False), "utf-8")


def test_a_hundred_thousand_waiting_pairs(
    waiting_home: tuple[Path, Path],  # noqa: F811
    chromium: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    home = Path(shutil.copytree(waiting_home[0], tmp_path / "home"))
    crowded(home)
    port = free_port()
    began = time.monotonic()
    server = start(home, port)
    ready = time.monotonic() - began
    try:
        page = chromium.new_page()
        enter(page, f"http://127.0.0.1:{port}", "李审核")
        opened, next_pair = [], []
        for path in ("/queue", "/queue?page=900", "/queue?street=云溪街道", "/queue?source=platform&page=3"):
            began = time.monotonic()
            page.goto(f"http://127.0.0.1:{port}{path}")
            page.wait_for_selector("tbody tr")
            opened.append(time.monotonic() - began)
        assert "100,000" in page.goto(f"http://127.0.0.1:{port}/queue").text().replace("\\u002c", ",")  # type: ignore[union-attr]
        page.click("#go")
        page.wait_for_selector("#pair")
        for at in range(20):
            before = page.get_attribute("#pair", "data-pair")
            page.wait_for_timeout(350)
            began = time.monotonic()
            page.keyboard.press("ynu"[at % 3])
            page.wait_for_function(
                "pair => document.querySelector('#pair').dataset.pair !== pair", arg=before, polling=5
            )
            next_pair.append(time.monotonic() - began)
    finally:
        stop(server)
    print(f"\nready {ready:.1f} s; pages {[round(one, 2) for one in opened]} s; next pair median "
          f"{statistics.median(next_pair) * 1000:.0f} ms, worst {max(next_pair) * 1000:.0f} ms")  # fmt: skip
    assert pc.max(pa.array(opened)).as_py() < 2.0
    assert statistics.median(next_pair) < 0.2
