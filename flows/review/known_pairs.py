"""One row per pair whose answer is known beforehand: put before reviewers like any other, and read by no night."""

from __future__ import annotations

from collections.abc import Set

import pyarrow as pa

from reports.workbench.access import Action, SignedInAccount, allowed
from reports.workbench.queue import QueuedPair, masked_pair


class KnownPairs:
    """The known pairs of one night, in the order of their ids; empty once its landing copies are gone."""

    def __init__(self, table: pa.Table | None) -> None:
        rows = table.to_pylist() if table is not None else []
        self._same = {str(row["pair_id"]): bool(row.pop("same")) for row in rows}
        self._pairs = {str(row["pair_id"]): masked_pair(row) for row in rows}

    def get(self, pair_id: str | None) -> QueuedPair | None:
        """One of them, whoever asks: the caller checks the right."""
        return self._pairs.get(pair_id or "")

    def same(self, pair_id: str) -> bool:
        """Whether it is one person."""
        return self._same[pair_id]

    def unread(self, account: SignedInAccount, read: Set[str]) -> QueuedPair | None:
        """The first that the account may judge and has not read."""
        result = (pair for pair_id, pair in self._pairs.items() if pair_id not in read)
        return next((pair for pair in result if allowed(account, Action.JUDGE, pair.streets)), None)
