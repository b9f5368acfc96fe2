"""The current version handed to other systems."""

from __future__ import annotations

from flows.ledger.export.postgres import load_postgres
from flows.ledger.export.s3 import put_s3

__all__ = ["load_postgres", "put_s3"]
