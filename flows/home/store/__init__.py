"""The state store, an idea a module: identities, leads, rights, judgements, history; `opening` puts them together."""

from __future__ import annotations

from flows.home.store.identities import VersionRows
from flows.home.store.issues import Term
from flows.home.store.judgements import Judged
from flows.home.store.leads import Host, Lead
from flows.home.store.opening import HEAD, Store, open_store, opened_store

__all__ = ["HEAD", "Host", "Judged", "Lead", "Store", "Term", "VersionRows", "open_store", "opened_store"]
