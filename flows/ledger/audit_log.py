"""One finding per fault of the audit log: its chain, and whether its end is still where the ledger says it was."""

from __future__ import annotations

from dataclasses import dataclass

from flows.home.folders import Home
from flows.home.keys import DistrictKey, load_key
from flows.home.settings import load_settings
from flows.home.store import Store, opened_store
from flows.home.store.chain import noted_head
from flows.ledger.publish.read import kept_versions, read_index
from schemas.errors import SanzhaoError


@dataclass(frozen=True)
class Audited:
    """The state of the log: how many acts, the newest version that anchors it, and what is wrong."""

    acts: int
    anchored_by: str | None
    anchored_at: int
    problems: tuple[str, ...]


def examine(home: Home) -> Audited:
    """As `examined`, with the home's own key and store."""
    key, settings = load_key(home), load_settings(home)
    with opened_store(home, settings.store_url) as store:
        return examined(home, key, store)


def examined(home: Home, key: DistrictKey, store: Store) -> Audited:
    """Every act's HMAC and place, then the anchors: each published index, and the note beside the store."""
    macs = store.audit_macs()
    problems = store.audit_problems(key)
    anchors = _anchors(home)
    problems += _anchor_problems(anchors, macs)
    problems += _note_problems(home, macs)
    held = [(macs[head], version) for version, head in anchors if head in macs]
    at, version = max(held, default=(0, None))
    return Audited(len(macs), version, at, tuple(problems))


def _anchors(home: Home) -> list[tuple[str, str]]:
    """(version, head of the log when it was published), oldest first."""
    result = []
    for version in kept_versions(home):
        try:
            index = read_index(home.ledger / "versions" / version / "index.json")
        except SanzhaoError:
            continue
        if index.get("audit_head"):
            result.append((version, str(index["audit_head"])))
    return result


def _anchor_problems(anchors: list[tuple[str, str]], macs: dict[str, int]) -> list[str]:
    """A version's head that is not in the log any more was cut off; one before an older version's was moved."""
    problems, last = [], 0
    for version, head in anchors:
        if head not in macs:
            problems.append(f"版本 {version} 发布时的最后一条记录不在日志里：被删掉、改过，或换回了旧的状态库")
        elif macs[head] < last:
            problems.append(f"版本 {version} 发布时的最后一条记录排在更早版本的前面：被调换")
        last = max(last, macs.get(head, 0))
    return problems


def _note_problems(home: Home, macs: dict[str, int]) -> list[str]:
    head = noted_head(home.logs / "audit.head")
    if head is None:
        return ["logs/audit.head 不见了或读不了：不能断定末尾有没有被删"] if macs else []
    if macs.get(head.mac) != head.seq:
        return [f"logs/audit.head 记的第{head.seq}条不在日志里：末尾被删掉，或换回了旧的状态库"]
    return []


def acts(home: Home, *, person: str = "", who: str = "", what: str = "", limit: int = 50) -> list[dict[str, object]]:
    """Audited acts, the newest first; a person's under every key they ever had."""
    settings = load_settings(home)
    with opened_store(home, settings.store_url) as store:
        return store.acts(person_keys=_keys(store, person), who=who, what=what, limit=limit)


def _keys(store: Store, person: str) -> set[str]:
    from flows.ledger.keys_moved import merges, same_person

    return same_person(merges(store), person) if person else set()
