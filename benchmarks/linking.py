"""Link people tables with a stored model, beside the floor (equi-joins, no model), in turns; medians and their ratio.

Usage: python -m benchmarks.linking [N] [ROUNDS]. Whole processes, wall and peak memory.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.people_tables import write_tables

FLOOR = """
import duckdb, sys
folder = sys.argv[1]
duckdb.sql(f'''
copy (
    with l as (select row_id, name, birth_date, case when id_number not like '%*%' then id_number end as id,
               case when phone not like '%*%' then phone end as phone, substr(phone, 8, 4) as tail
               from '{folder}/left.parquet'),
         r as (select row_id, name, birth_date, id_number as id, phone, substr(phone, 8, 4) as tail
               from '{folder}/right.parquet')
    select l.row_id as left_id, r.row_id as right_id from l join r on l.id = r.id
    union select l.row_id, r.row_id from l join r on l.name = r.name and l.birth_date = r.birth_date
    union select l.row_id, r.row_id from l join r on l.phone = r.phone
    union select l.row_id, r.row_id from l join r on l.name = r.name and l.tail = r.tail
) to '{folder}/floor.parquet' (format parquet)''')
"""


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of one whole process."""
    with tempfile.NamedTemporaryFile() as report:
        measured = [sys.executable, "-S", str(Path(__file__).with_name("measured.py")), report.name, *command]
        if subprocess.run(measured, check=False).returncode:
            raise SystemExit(f"{command[0]} failed")
        seconds, kilobytes = Path(report.name).read_text("ascii").split()
    return float(seconds), int(kilobytes) / 1024


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tables(size, 501, folder)
        sides = [str(folder / "left.parquet"), str(folder / "right.parquet")]
        sanzhao, model = str(Path(sys.executable).parent / "sanzhao"), str(folder / "model.toml")
        commands = {
            "train": [sanzhao, "train", *sides, "--model", "people", "--out", model],
            "floor": [sys.executable, "-c", FLOOR, name],
            "link": [sanzhao, "link", *sides, "--model", model, "--out", str(folder / "pairs.parquet")],
        }
        print(f"train: {timed(commands['train'])[0]:.2f} s")
        taken: dict[str, list[tuple[float, float]]] = {"floor": [], "link": []}
        for _ in range(rounds):
            for what, runs in taken.items():
                runs.append(timed(commands[what]))
        for what, runs in taken.items():
            print(
                f"{what}: median {statistics.median(run[0] for run in runs):.2f} s, "
                f"{max(run[1] for run in runs):.0f} MB"
            )
        ratio = statistics.median(a[0] / b[0] for a, b in zip(taken["link"], taken["floor"], strict=True))
        print(f"link / floor, pair by pair, median: {ratio:.2f}")


if __name__ == "__main__":
    main()
