"""From decided pairs to the published ledger: persons, identity, statuses, hosts, coverage, publication."""

from __future__ import annotations

from flows.ledger.build import build_ledger
from flows.ledger.persons import build_persons
from flows.ledger.publish import ErasureOrder, diff, erase, prune, publish, record_failure, rollback, show, verify

__all__ = [
    "ErasureOrder",
    "build_ledger",
    "build_persons",
    "diff",
    "erase",
    "prune",
    "publish",
    "record_failure",
    "rollback",
    "show",
    "verify",
]
