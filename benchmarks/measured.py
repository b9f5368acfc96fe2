"""Runs one command from a small process and writes its wall seconds and peak memory in KB to a file.

A process's ru_maxrss counts what the process it was forked from held, which is no matter of the command's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time


def main() -> None:
    report, *words = sys.argv[1:]
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    with open(report, "w", encoding="ascii") as file:  # noqa: PTH123  # pathlib would be most of this process
        file.write(f"{seconds} {usage.ru_maxrss}")
    sys.exit(os.waitstatus_to_exitcode(status) != 0)


if __name__ == "__main__":
    main()
