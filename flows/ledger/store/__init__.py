"""The state store, an idea a module: identities, leads, rights, judgements, history; `opening` puts them together."""

from __future__ import annotations

from flows.ledger.store.identities import VersionRows
from flows.ledger.store.judgements import Judged
from flows.ledger.store.leads import Lead
from flows.ledger.store.opening import HEAD, Store, open_store, opened_store

__all__ = ["HEAD", "Judged", "Lead", "Store", "VersionRows", "open_store", "opened_store"]
