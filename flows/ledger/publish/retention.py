"""One answer per kept version: it stays, or its term is over."""

from __future__ import annotations

import shutil
from datetime import datetime

from flows.home.folders import Home, sync_folder
from flows.home.keys import DistrictKey
from flows.home.store import opened_store
from flows.ledger.publish.read import current_version, kept_versions
from schemas.policy import Retention


def doomed_versions(versions: list[str], rule: Retention, least: int) -> list[str]:
    """Versions past their term, oldest first: all but the newest ones and the last of each kept month.

    At least `least` stay, so that every delta the current index lists can be proved.
    """
    newest = set(versions[-max(rule.versions, least) :])
    last_of_month = {version[:6]: version for version in sorted(versions)}
    months = set(sorted(last_of_month)[-rule.monthly :]) if rule.monthly else set()
    kept = newest | {version for month, version in last_of_month.items() if month in months}
    return [version for version in sorted(versions) if version not in kept]


def prune(home: Home, key: DistrictKey, rule: Retention, at: datetime, *, store_url: str = "") -> list[str]:
    """Delete the versions past their term; each is named in the audit log."""
    current = current_version(home, key)
    if current is None:
        return []
    doomed = doomed_versions(kept_versions(home), rule, len(current.index["deltas"]))
    if doomed:
        with opened_store(home, store_url) as store:
            store.audit(key, at, "sanzhao", "prune", why=" ".join(doomed))
    for version in doomed:
        folder = home.ledger / "versions" / version
        gone = folder.with_name(f".{version}.gone")
        folder.rename(gone)
        shutil.rmtree(gone)
    if doomed:
        sync_folder(home.ledger / "versions")
    return doomed
