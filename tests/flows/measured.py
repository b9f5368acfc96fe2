"""Runs one command from a small process, so that the peak it reports is the command's and not that of who asked."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path


def main() -> None:
    peak, *words = sys.argv[1:]
    code = subprocess.run(words, check=False).returncode
    Path(peak).write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10))
    sys.exit(code)


if __name__ == "__main__":
    main()
