"""One district of 57,000 workers and 70,000 members: made, run, and timed per step with peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

WORKERS, MEMBERS, SEED = 57_000, 70_000, 11
PUBLISHED = (0, 3)


def timed(*words: str) -> tuple[float, int, str]:
    """Wall seconds, peak memory in MB, and what it printed."""
    started = perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen([Path(sys.executable).with_name("sanzhao"), *words], stdout=output)
        _, status, usage = os.wait4(child.pid, 0)
        seconds, code = perf_counter() - started, os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if code not in PUBLISHED:
        sys.exit(f"sanzhao {words[0]} ended with {code}")
    return seconds, usage.ru_maxrss >> 10, text


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sanzhao-bench-") as folder:
        made, home = f"{folder}/district", f"{folder}/home"
        size = ("--workers", str(WORKERS), "--members", str(MEMBERS), "--seed", str(SEED))
        seconds, memory, _ = timed("sample", *size, "--out", made)
        print(f"sample        {seconds:6.1f} s  {memory} MB at its peak")
        seconds, memory, text = timed("run", "--home", home, "--drop", f"{made}/drop", "--json")
        for step in json.loads(text)["steps"]:
            print(f"  {step['name']:<12}{step['seconds']:6.1f} s")
        print(f"run           {seconds:6.1f} s  {memory} MB at its peak")


if __name__ == "__main__":
    main()
