"""Publication of a version, and what can be asked of published ones."""

from __future__ import annotations

from flows.ledger.publish.erase import ErasureOrder, erase
from flows.ledger.publish.look import diff, show
from flows.ledger.publish.retention import prune
from flows.ledger.publish.rollback import rollback
from flows.ledger.publish.step import publish, record_failure
from flows.ledger.publish.verify import verify

__all__ = ["ErasureOrder", "diff", "erase", "prune", "publish", "record_failure", "rollback", "show", "verify"]
