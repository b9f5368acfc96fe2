"""The whole command line."""

from __future__ import annotations

from flows.cli.wiring import GROUPS, MODULES, wired

app = wired([*MODULES, *GROUPS])
