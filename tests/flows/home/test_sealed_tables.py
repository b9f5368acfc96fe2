"""Tables that commands are given, and those that lie sealed in a home."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.home.sealed_tables import table_in

_READ_AND_END = """
import sys
from pathlib import Path
from flows.home.sealed_tables import table_in
assert table_in(Path(sys.argv[1]).read_bytes()).num_rows == 20_000
"""


def test_a_table_in_memory_is_read_whole(tmp_path: Path) -> None:
    table = pa.table({"name": ["张三", None, "李四"] * 100, "levels": [[("name", "exact")]] * 300})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=70)
    assert table_in((tmp_path / "t.parquet").read_bytes()).equals(table)


def test_a_process_that_ends_right_after_reading_ends_well(tmp_path: Path) -> None:
    columns = {f"c{at}": [f"{at}-{row % 997}" for row in range(20_000)] for at in range(12)}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=5_000)
    command = [sys.executable, "-c", _READ_AND_END, str(tmp_path / "t.parquet")]
    assert [subprocess.run(command, check=False).returncode for _ in range(6)] == [0] * 6
