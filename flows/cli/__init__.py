"""The command line `sanzhao`; each command imports what it needs only when it is called."""

from __future__ import annotations

import gc
import os
import sys

_OBJECTS_BEFORE_COLLECTION = 50_000


def main() -> None:
    """Entry point. Exit codes: 0 done, 3 done with warnings, 1 refused or failed, 2 usage."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # Arrow's own keeps what it is given back
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)  # imports make what stays: looking for garbage among it took a tenth
    from flows.cli.ending import ended
    from flows.cli.wiring import app_for

    words = sys.argv[1:]
    code = ended(app_for(words), words)
    gc.freeze()  # all goes with the process: a last search for garbage took a tenth of a second and more
    sys.exit(code)
