"""One entry per file that each sender is expected to send, learnt from the last published nights and open to editing.

A file is a full snapshot of its part (a platform, a street). One that did not come is carried forward by its sealed
copy until the policy's patience ends, named in the summary and chased (`flows/staging/carried.py`, once its rows are
read). A sender that may have renamed, split or joined its files is asked: `replaced_by` and `stopped` in
`sources/memory/expected.toml` answer.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.home.file_names import sender_of
from flows.home.folders import Home, write_private
from flows.landing.fetched import link_copy
from flows.landing.manifest import MANIFEST, LandedFile, load_manifest, open_landed
from flows.run.context import RunContext
from schemas.errors import ContractError, InputError
from schemas.provenance import Provenance
from schemas.rules import Rule

ANSWER = (
    '若已改名、拆分或合并，请在数据文件夹的 sources/memory/expected.toml 里 file = "{file}" 一段写 '
    'replaced_by = "新文件名去掉日期和数字"，不再报送的写 stopped = true；没有答复前每晚都问'
)
_HEAD = (
    "# 应到文件：由每次发布后的运行记下，可以手改；sanzhao sources list 列出。\n"
    "# 已改名、拆分或合并的，replaced_by 写新文件名去掉日期和数字后的名称；不再报送的，写 stopped = true。\n"
)


class ExpectedFile(BaseModel):
    """One file a sender sent last: its name, the night on which it came, the landed run that holds its copy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1)
    sender: str = Field(min_length=1)
    file: str = Field(min_length=1)
    came_on: date
    landing: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}/[^/]+$")
    since: date | None = None
    """The first night on which this sender sent anything, where that is known."""
    replaced_by: str = ""
    stopped: bool = False

    @property
    def successor(self) -> str | None:
        """The sender that sends its rows now; a file's name with its date says it as well."""
        return sender_of(self.replaced_by) if self.replaced_by else None


@dataclass
class Carried:
    """What is carried into tonight: landed files, and what must be said or asked."""

    files: list[LandedFile] = field(default_factory=list)
    provenance: dict[str, Provenance] = field(default_factory=dict)
    """Of sources that sent nothing at all: as it was when the carried copies came."""
    questions: list[tuple[str, str]] = field(default_factory=list)
    """(source, Chinese line)"""


def expected_path(home: Home) -> Path:
    """Where the list lies."""
    return home.sources / "memory" / "expected.toml"


def load_expected(home: Home) -> tuple[ExpectedFile, ...]:
    """The list. Raises ContractError when it cannot be read."""
    path = expected_path(home)
    if not path.exists():
        return ()
    try:
        body = tomllib.loads(path.read_text("utf-8-sig"))
        return tuple(ExpectedFile.model_validate(entry) for entry in body.get("file", ()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError, TypeError, AttributeError):
        raise ContractError(
            "应到文件的清单读不出来", where=str(path), rule=Rule.EXPECTED_FILES, action="改正写法，或删去该文件重新学习"
        ) from None


def remember_expected(run: RunContext) -> None:
    """After publication: tonight's files take the place of their senders' earlier ones; a replay teaches nothing."""
    if run.replay is not None:
        return
    manifest = load_manifest(run.landing, run.key)
    here = f"{run.landing.parent.name}/{run.landing.name}"
    since = {(entry.source, entry.sender): entry.since or entry.came_on for entry in reversed(load_expected(run.home))}
    fresh = [
        ExpectedFile(
            source=entry.source, sender=sender_of(entry.name), file=entry.name,
            came_on=entry.came_on or run.as_of, landing=here,
            since=since.get((entry.source, sender_of(entry.name)), run.as_of),
        )
        for entry in manifest.files if entry.sealed is not None
    ]  # fmt: skip
    came = {(entry.source, entry.sender) for entry in fresh}
    sources = {entry.source for entry in fresh}
    kept = [
        entry
        for entry in load_expected(run.home)
        # A source that sent nothing at all is still expected whole; of one that came, what was given up is not.
        if (entry.source, entry.sender) not in came and (entry.source not in sources or entry.stopped)
    ]
    blocks = [
        "\n[[file]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in _entry_of(entry).items())
        for entry in sorted([*kept, *fresh], key=lambda item: (item.source, item.sender, item.file))
    ]
    write_private(expected_path(run.home), (_HEAD + "".join(blocks)).encode())


def _entry_of(file: ExpectedFile) -> dict[str, object]:
    return file.model_dump(mode="json", exclude_none=True)


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def newer_senders(run: RunContext, missing: LandedFile, names: Sequence[str]) -> tuple[str, ...]:
    """Of these files of tonight, those whose senders sent nothing yet on the night when the missing file last came."""
    known = {
        entry.sender: entry.since or entry.came_on
        for entry in reversed(load_expected(run.home))
        if entry.source == missing.source
    }
    came_on = missing.came_on or run.as_of
    return tuple(name for name in names if (since := known.get(sender_of(name))) is None or since > came_on)


def carry_missing(run: RunContext, files: Sequence[LandedFile]) -> Carried:
    """Copies of the files that senders did not send, landed again: a missing part, and a source that sent nothing.

    A roll that is missing whole is refused before. Raises InputError when a part of the roll is missing and cannot be
    carried: its members must not become strangers.
    """
    carried = Carried()
    landed = len(files)
    for source, contract in run.contracts.items():
        names = {entry.name for entry in files if entry.source == source and entry.sealed is not None}
        if contract.snapshot != "full" or (contract.role == "roll" and not names):
            continue
        expected = [entry for entry in load_expected(run.home) if entry.source == source and not entry.stopped]
        senders = {sender_of(name) for name in names}
        missing = [
            entry for entry in expected if entry.successor not in senders and _is_missing(entry, expected, names)
        ]
        new = sorted(senders - {entry.sender for entry in expected} - {entry.successor for entry in expected})
        for item in missing:
            other = _moved_to(run, item, files)
            if other is None:
                _carry(run, carried, item, landed + len(carried.files), new)
            else:
                text = f"{source}/{item.file}：本次放在 {other}/ 里，按那里的规则读；原来在 {source}/ 的不再沿用"
                carried.questions.append((source, text))
    return carried


def _moved_to(run: RunContext, file: ExpectedFile, files: Sequence[LandedFile]) -> str | None:
    """The source of workers whose folder a sender's file has come to lie in since: a clerk mended a wrong folder."""
    known = {(other.source, other.sender): other.since or other.came_on for other in load_expected(run.home)}
    for entry in files:
        other = entry.source
        workers = all(run.contracts[name].role == "worker" for name in (file.source, other))
        if other != file.source and workers and entry.sealed is not None and sender_of(entry.name) == file.sender:
            since = known.get((other, file.sender))
            if since is None or since > file.came_on:
                return other
    return None


def _is_missing(file: ExpectedFile, expected: Sequence[ExpectedFile], names: set[str]) -> bool:
    """Whether a sender sent nothing, or of several files of one name without numbers sent only others again."""
    if file.sender not in {sender_of(name) for name in names}:
        return True
    earlier = {other.file for other in expected if other.sender == file.sender}
    tonight = {name for name in names if sender_of(name) == file.sender}
    return tonight < earlier and file.file not in tonight


def _carry(run: RunContext, carried: Carried, file: ExpectedFile, number: int, new: Sequence[str]) -> None:
    """Land one file's copy again; past the policy's patience, or without a copy, say so."""
    contract, where = run.contracts[file.source], f"{file.source}/{file.file}"
    late = _is_late(run, file)
    answer = ANSWER.format(file=file.file)
    if new and contract.role == "self_report":
        asked = f"本次另有以前没有的文件（{'、'.join(new)}）：{answer}"
        carried.questions.append((file.source, f"{where}：本次未到，{asked}；同意使用与否只看到了的文件，未沿用"))
        return
    entry, provenance = (None, None) if late else _copy(run, file, f"{number + 1:04d}.sealed")
    if entry is not None:
        carried.files.append(entry)  # told of once its rows are read: new files may hold them
        if provenance is not None:
            carried.provenance[file.source] = provenance
    elif contract.role == "roll":
        raise _roll_part_missing(run, file, late=late)
    elif late and contract.role != "organisation":
        carried.questions.append((file.source, f"{where}：{file.came_on} 后一直未到，已过沿用期限，其记录按撤下处理"))
    else:
        carried.questions.append((file.source, f"{where}：本次未到，{file.came_on} 收到的文件已不能沿用；请催报"))


def _roll_part_missing(run: RunContext, file: ExpectedFile, *, late: bool) -> InputError:
    """A part of the roll neither came nor can be carried: why, and the ways out.

    Going on without it would make its members strangers (`D1`, or nobody), which no patience allows (domain.md).
    """
    days = run.policy.snapshots.patience_days
    why = f"过了沿用期限 {days} 天" if late else "留存的副本已不在或不完整，不能沿用"
    ways = ANSWER.format(file=file.file).partition("；没有答复")[0]
    longer = "；还要再等的，把政策 [snapshots] 的 patience_days 改大再运行" if late else ""
    return InputError(
        f"名册的一部分本次未到，{file.came_on} 收到的文件{why}；缺了它，其中的党员会被当成名册以外的人，本次不发布",
        where=f"{file.source}/{file.file}", rule=Rule.ROLL_PART_MISSING,
        action=f"补齐该文件后重新运行；{ways}{longer}",
    )  # fmt: skip


def _is_late(run: RunContext, file: ExpectedFile) -> bool:
    """Whether the policy's patience with a file has ended."""
    return file.came_on + timedelta(days=run.policy.snapshots.patience_days) < run.as_of


def given_up(run: RunContext) -> frozenset[str]:
    """Sources of which nothing is here tonight and for whose every file the patience has ended."""
    files = load_manifest(run.landing, run.key).files if (run.landing / MANIFEST).exists() else ()
    here = {entry.source for entry in files}
    late: dict[str, bool] = {}
    for item in load_expected(run.home):
        late[item.source] = late.get(item.source, True) and _is_late(run, item)
    return frozenset(source for source, is_late in late.items() if is_late and source not in here)


def _copy(run: RunContext, file: ExpectedFile, sealed: str) -> tuple[LandedFile | None, Provenance | None]:
    """The file landed again under tonight's run, with its source's provenance; none where its copy is not whole."""
    folder = run.home.landing / file.landing
    try:
        manifest = load_manifest(folder, run.key)
        entry = next(entry for entry in manifest.files if (entry.source, entry.name) == (file.source, file.file))
        open_landed(folder, run.key, entry)
    except (InputError, StopIteration):
        return None, None
    link_copy(folder / str(entry.sealed), run.landing / sealed)
    provenance = next((source.provenance for source in manifest.sources if source.name == file.source), None)
    return entry.model_copy(update={"sealed": sealed, "came_on": file.came_on}), provenance


def carried_files(run: RunContext) -> Mapping[tuple[str, str], date]:
    """The night on which each carried file of tonight came, by source and name."""
    if not (run.landing / MANIFEST).exists():
        return {}
    manifest = load_manifest(run.landing, run.key)
    return {(entry.source, entry.name): entry.came_on for entry in manifest.files if entry.came_on is not None}
