"""The command line `sanzhao`; each command imports what it needs only when it is called."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point. Exit codes: 0 done, 3 done with warnings, 1 refused or failed, 2 usage."""
    from flows.cli.app import app
    from flows.cli.ending import ended

    sys.exit(ended(app, sys.argv[1:]))
