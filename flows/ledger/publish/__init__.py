"""Publication of a version, and what can be asked of published ones."""

from __future__ import annotations

from flows.ledger.publish.look import diff, show
from flows.ledger.publish.step import publish, record_failure
from flows.ledger.publish.verify import verify

__all__ = ["diff", "publish", "record_failure", "show", "verify"]
