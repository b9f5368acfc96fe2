"""Whether the ledger's folder is an older one than the state store knows: put back from an old copy, or cut."""

from __future__ import annotations

from flows.home.folders import Home
from flows.home.store import Store, opened_store
from flows.ledger.publish.read import read_index
from schemas.errors import HomeError, SanzhaoError
from schemas.rules import Rule

_ACTION = (
    "从备份把整个 ledger 文件夹（index.json、ledger.parquet、versions）一起恢复到最新一版；确实没有更新的副本，才用 "
    "sanzhao ledger rollback {current} --why 理由，以现有的这一版为准重新发布"
)
_ACTION_EMPTY = "从备份把整个 ledger 文件夹（index.json、ledger.parquet、versions）一起恢复"


def lost_versions(current: str | None, store: Store) -> list[str]:
    """Versions that were published after the one the ledger's index names, oldest first: the folder has lost them."""
    states = store.versions()
    return sorted(
        version for version, state in states.items() if state == "published" and (current is None or version > current)
    )


def rolled_back(current: str | None, lost: list[str]) -> HomeError:
    """The refusal to go on from a ledger that is not the newest."""
    stands = f"停在 {current}" if current else "一版也没有"
    return HomeError(
        f"一本账被退回到了旧版：状态库记着已发布到 {lost[-1]}，ledger 文件夹却{stands}",
        where="ledger/index.json",
        rule=Rule.LEDGER_ROLLED_BACK,
        count=len(lost),
        examples=tuple(lost[-3:]),
        action=_ACTION.format(current=current) if current else _ACTION_EMPTY,
    )


def check_not_behind(current: str | None, store: Store) -> None:
    """Raise HomeError where the store knows a later published version than the ledger's own."""
    lost = lost_versions(current, store)
    if lost:
        raise rolled_back(current, lost)


def behind(home: Home, store_url: str = "") -> HomeError | None:
    """The same for who only looks; None when all is well or there is no store to ask."""
    if not store_url and not (home.state / "sanzhao.db").exists():
        return None
    current = index_version(home)
    with opened_store(home, store_url) as store:
        lost = lost_versions(current, store)
    return rolled_back(current, lost) if lost else None


def index_version(home: Home) -> str | None:
    """The version the ledger's index names; none where it is missing or damaged."""
    try:
        return str(read_index(home.ledger / "index.json")["version"])
    except SanzhaoError:
        return None
