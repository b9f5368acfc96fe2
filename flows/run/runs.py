"""One folder per run: what was asked (`run.json`), the wrapped workspace key, and how the workspace was destroyed."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from flows.home.folders import Home, is_held, private_folder, sync_folder, write_private
from flows.home.keys import DistrictKey, load_key
from flows.home.settings import load_settings
from flows.run.context import RunContext
from matchers.engine import Progress, silent
from schemas.contracts import load_sources
from schemas.errors import HomeError
from schemas.policy import load_policy
from schemas.rules import Rule


def _kept_path(path: Path) -> str:
    """A path as JSON can keep it: as a URI where its bytes are no UTF-8."""
    text = str(path)
    return path.as_uri() if any(0xD800 <= ord(sign) <= 0xDFFF for sign in text) else text


def _path_again(kept: object) -> object:
    return os.fsdecode(unquote_to_bytes(kept[7:])) if isinstance(kept, str) and kept.startswith("file:///") else kept


KeptPath = Annotated[Path, BeforeValidator(_path_again), PlainSerializer(_kept_path, return_type=str)]
State = Literal["running", "failed", "refused", "discarded", "done"]


class RunRecord(BaseModel):
    """One run as asked for and as it stands; kept when everything else of the run is destroyed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    as_of: date
    started_at: datetime
    drop: KeptPath | None = None
    config: KeptPath | None = None
    replay: KeptPath | None = None
    keep_scores: bool = False
    required: tuple[str, ...] = ()
    forced: str = ""
    state: State = "running"
    failed_step: str | None = None
    rule: Rule | None = None
    message: str | None = None
    version: str | None = None

    @property
    def unfinished(self) -> bool:
        return self.state in ("running", "failed")


def new_run_id(started_at: datetime) -> str:
    """`20261120T013000Z-1f3c`: sorts by time; the tail keeps two runs of one second apart."""
    return f"{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def create_run(home: Home, record: RunRecord, key: DistrictKey) -> None:
    """The run's folder with its record and a fresh workspace key, wrapped by the district's key."""
    folder = private_folder(home.runs / record.run_id)
    write_private(folder / "workspace.key", key.seal(secrets.token_hex(32).encode()))
    save_record(home, record)


def save_record(home: Home, record: RunRecord) -> None:
    """Replace `run.json`, whole or not at all."""
    write_private(home.runs / record.run_id / "run.json", (record.model_dump_json(indent=2) + "\n").encode())


def load_record(home: Home, run_id: str) -> RunRecord:
    """The record of one run. Raises HomeError when it is missing or cut."""
    path = home.runs / run_id / "run.json"
    try:
        return RunRecord.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise HomeError(
            "这次运行的记录缺失或不完整", where=str(path), rule=Rule.RUN_RECORD, action="重新运行 sanzhao run"
        ) from None


def run_is_going(home: Home) -> bool:
    """Whether a living process of this machine holds the run lock."""
    return is_held(home.lock)


def list_runs(home: Home, newest: int | None = None) -> list[RunRecord]:
    """All runs with a readable record, or so many of the newest, oldest first."""
    return _records(home, sorted(path.parent.name for path in home.runs.glob("*/run.json"))[-(newest or 0) :])


def _records(home: Home, names: list[str]) -> list[RunRecord]:
    result = []
    for name in names:
        try:
            result.append(load_record(home, name))
        except HomeError:
            continue
    return result


def last_unfinished(home: Home) -> RunRecord | None:
    """The newest run that stopped half-way and still has its workspace key."""
    with_key = _records(home, sorted(path.parent.name for path in home.runs.glob("*/workspace.key")))
    unfinished = [run for run in with_key if run.unfinished]
    return unfinished[-1] if unfinished else None


def context_of(home: Home, record: RunRecord, progress: Progress = silent) -> RunContext:
    """What the steps of a recorded run are told; rules are read anew, so a mended configuration takes effect."""
    settings = load_settings(home, record.config)
    return RunContext(
        home=home,
        run_id=record.run_id,
        as_of=record.as_of,
        drop=record.drop,
        settings=settings,
        policy=load_policy(settings.policy),
        contracts=load_sources(settings.sources),
        key=load_key(home),
        started_at=record.started_at,
        progress=progress,
        replay=record.replay,
        keep_scores=record.keep_scores,
        required=record.required,
        forced=record.forced,
    )


def workspace_key(run: RunContext) -> str:
    """The run's own key, unwrapped. Raises HomeError when the run was closed."""
    path = _key_path(run.home, run.run_id)
    if not path.exists():
        raise HomeError(
            "这次运行已关闭，工作区已销毁", where=run.run_id, rule=Rule.RUN_CLOSED, action="重新运行 sanzhao run"
        )
    return run.key.unseal(path.read_bytes()).decode()


def destroy_workspace(home: Home, run_id: str, *, at: datetime, why: str, relations: Mapping[str, int]) -> None:
    """Overwrite and unlink the wrapped key, the workspace and its spill files; write the destruction record.

    The key goes first: without it the encrypted workspace is unreadable, whatever a disk keeps of its blocks.
    """
    folder = home.runs / run_id
    kept = {"run.json", "summary.json", "destruction.json"}
    doomed = sorted(
        (path for path in folder.rglob("*") if path.is_file() and path.name not in kept),
        key=lambda path: path.name != "workspace.key",
    )
    destroyed = [{"file": path.name, "bytes": path.stat().st_size} for path in doomed]
    for path in doomed:
        overwrite(path)
        path.unlink()
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        path.rmdir()
    sync_folder(folder)
    record = {
        "run_id": run_id,
        "destroyed_at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "why": why,
        "relations": dict(relations),
        "files": destroyed,
        "remaining": sorted(path.name for path in folder.iterdir()),
    }
    write_private(folder / "destruction.json", (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode())


def overwrite(path: Path) -> None:
    """Zeros over the file's own blocks, flushed, in pieces of a mebibyte."""
    size, zeros = path.stat().st_size, bytes(1 << 20)
    with path.open("r+b") as file:
        for at in range(0, size, len(zeros)):
            file.write(zeros[: min(len(zeros), size - at)])
        file.flush()
        os.fsync(file.fileno())


def _key_path(home: Home, run_id: str) -> Path:
    return home.runs / run_id / "workspace.key"


@contextmanager
def run_lock(home: Home, store_url: str = "") -> Iterator[None]:
    """Held for the length of a run; the kernel lets go of it when the process ends, however it ends.

    A store on PostgreSQL may serve several hosts: then the database is asked too.
    """
    descriptor = _opened_lock(home)
    try:
        try:
            _take(descriptor)
        except OSError:
            holder = os.pread(descriptor, 64, 0).decode(errors="replace").strip()
            raise HomeError(
                f"另一次运行正在进行（进程 {holder or '不明'}）",
                where=str(home.root),
                rule=Rule.RUN_LOCK,
                action="等它结束后再运行；用 sanzhao status 查看",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        with _only_run(home, store_url):
            yield
    finally:
        os.close(descriptor)


def _opened_lock(home: Home) -> int:
    """The lock's file. Raises HomeError on a disk that takes no writing."""
    try:
        return os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise HomeError(
            f"数据文件夹不能写：{error.strerror}",
            where=str(home.root),
            rule=Rule.HOME_NOT_WRITABLE,
            action="看磁盘是否被挂成只读、是否已满，请管理员开权限",
        ) from None


def _take(descriptor: int) -> None:
    """Several tries within half a second: a look at the lock (`run_is_going`) holds it for a moment too."""
    for _ in range(5):
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.1)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return None


@contextmanager
def _only_run(home: Home, store_url: str) -> Iterator[None]:
    """As `flows.home.database.only_run`; its library is loaded only where there is a database to ask."""
    if not store_url:
        yield
        return
    from flows.home.database import only_run

    with only_run(home, store_url):
        yield
