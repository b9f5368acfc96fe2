"""`python -m flows.serve.child …`: become the Python program named, and end when the service ends, however it ends."""

from __future__ import annotations

import os
import sys

from flows.serve.children import die_with_parent

if __name__ == "__main__":
    parent = os.getppid()
    die_with_parent()
    if os.getppid() == parent:  # it did not die in between
        os.execv(sys.executable, [sys.executable, *sys.argv[1:]])  # noqa: S606
