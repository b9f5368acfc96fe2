"""`sanzhao ledger show|diff|verify`."""

from __future__ import annotations

import typer

app = typer.Typer(help="看一本账、比较版本、查验完整。", no_args_is_help=True)
