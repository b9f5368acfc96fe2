"""One finding per way in which a source is not what it was the last published night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from flows.drift.keys import key_tokens, reused
from flows.drift.measure import content_token, measure_sources, name_token
from flows.drift.memory import Past, past_of
from flows.home.store import opened_store
from flows.landing import load_manifest
from flows.run.context import RunContext
from schemas.contracts import SourceContract
from schemas.drift import Action, SourceQuality
from schemas.errors import InputError
from schemas.rules import Rule

_REFUSALS = "select file, any_value(message) from stage_files where source = $name and state = 'refused' group by file"
_RESEND = "请该部门核对后重新报送；确属实情的，请在政策 [drift] 里放宽后重新运行"


@dataclass(frozen=True)
class DriftFinding:
    """One line of drift and what the policy does about it."""

    rule: Rule
    action: Action
    where: str
    text: str

    def line(self) -> str:
        return f"{self.where}：{self.text}；规则 {self.rule}。处理办法：{_RESEND}"


@dataclass(frozen=True)
class Tonight:
    """One source tonight: its contract, its figures, its content tokens by file, and what was before."""

    contract: SourceContract
    quality: SourceQuality
    files: dict[str, str | None]
    names: dict[str, str]
    """File by name token."""
    past: Past | None
    refusals: dict[str, str]
    """File: why it could not be read."""


def check_drift(con: duckdb.DuckDBPyConnection, run: RunContext) -> list[str]:
    """Warnings by `policy.drift`. Raises InputError for the first finding the policy stops at."""
    findings = [finding for night in _nights(con, run) for finding in _findings(con, run, night)]
    for finding in findings:
        if finding.action == "stop":
            raise InputError(f"{finding.text}，本次不发布", where=finding.where, rule=finding.rule, action=_RESEND)
    return [finding.line() for finding in findings if finding.action == "warn"]


def _nights(con: duckdb.DuckDBPyConnection, run: RunContext) -> list[Tonight]:
    manifest = load_manifest(run.landing, run.key)
    nights = []
    with opened_store(run.home, run.settings.store_url) as store:
        for name, quality in measure_sources(con, run).items():
            mine = [entry for entry in manifest.files if entry.source == name and entry.came_on is None]
            files = {entry.name: content_token(run.key, entry.sha256) if entry.sha256 else None for entry in mine}
            met = con.execute("select distinct file from stage_files where source = $name", {"name": name}).fetchall()
            names = {name_token(run.key, name, file): file for (file,) in met}
            refusals = dict(con.execute(_REFUSALS, {"name": name}).fetchall())
            nights.append(Tonight(run.contracts[name], quality, files, names, past_of(store, run, name), refusals))
    return nights


def _findings(con: duckdb.DuckDBPyConnection, run: RunContext, night: Tonight) -> Iterator[DriftFinding]:
    yield from _few_rows(run, night)
    tokens = key_tokens(con, run, night.contract)
    if night.past is None:
        return
    if night.contract.snapshot == "full":
        yield from _rows_lost(run, night, night.past)
    yield from _columns_emptied(run, night, night.past)
    if run.replay is None:
        yield from _same_files(run, night, night.past)
    if tokens is not None and night.past.keys is not None:
        yield from _keys_reused(run, night, tokens, reused(con, night.past.keys, tokens))


def _few_rows(run: RunContext, night: Tonight) -> Iterator[DriftFinding]:
    rule, name = run.policy.drift.few_rows, night.contract.name
    least = rule.at_least.get(name, 0)
    if night.quality.accepted < least:
        text = f"{night.contract.title}只有 {night.quality.accepted:,} 行可用，少于规定的 {least:,} 行"
        yield DriftFinding(Rule.FEW_ROWS, rule.acts_on(name), f"{name}/", text)


def _rows_lost(run: RunContext, night: Tonight, past: Past) -> Iterator[DriftFinding]:
    """The source as a whole, else the files that are plainly the same ones as before."""
    rule, name = run.policy.drift.rows_lost, night.contract.name
    action, day = rule.acts_on(name), past.last.as_of
    pairs = [(f"{name}/", night.contract.title, past.last.rows_in, night.quality.rows_in)]
    before = {file.name: file.rows_in for file in past.last.files}
    pairs += [
        (f"{name}/{night.names[file.name]}", "文件", before[file.name], file.rows_in)
        for file in night.quality.files
        if file.name in before and file.name in night.names
    ]
    for where, what, old, new in pairs:
        if old >= rule.from_rows and new <= old * rule.share:
            text = f"{what}只剩 {new:,} 行，{day} 有 {old:,} 行"
            if night.contract.role == "roll" and not new and not where.endswith("/"):
                yield DriftFinding(
                    Rule.ROWS_LOST, action, where, f"{text}，这部分党员会被当成不在册的人{_refusal(night, where)}"
                )
                continue
            text += _refusal(night, where)
            yield DriftFinding(Rule.ROWS_LOST, action if where.endswith("/") else _milder(action), where, text)
            if where.endswith("/"):
                return


def _refusal(night: Tonight, where: str) -> str:
    """Why a file, or the first of a source's files, could not be read, as its line among the unused files says."""
    file = where.partition("/")[2] or min(night.refusals, default="")
    return f"（没有用的文件 {file}：{night.refusals[file]}）" if file in night.refusals else ""


def _milder(action: Action) -> Action:
    """One file of several gone short does not stop a run; the source as a whole does, and a part of a roll all gone."""
    return "warn" if action == "stop" else action


def _columns_emptied(run: RunContext, night: Tonight, past: Past) -> Iterator[DriftFinding]:
    rule, name = run.policy.drift.column_emptied, night.contract.name
    old, new = past.last, night.quality
    if old.accepted < rule.from_rows or new.accepted < rule.from_rows:
        return
    for field in night.contract.imported:
        was, now = old.filled.get(field.name, 0) / old.accepted, new.filled.get(field.name, 0) / new.accepted
        if was >= rule.filled_share and now <= rule.emptied_share:
            text = f"“{field.title}”一列几乎空了：填写率由 {was:.0%} 降到 {now:.0%}（{old.as_of} 相比）"
            yield DriftFinding(Rule.COLUMN_EMPTIED, rule.acts_on(name), f"{name}/", text)


def _same_files(run: RunContext, night: Tonight, past: Past) -> Iterator[DriftFinding]:
    """An older file sent again, at once; the very same file for too long, where the source should move."""
    rule, name = run.policy.drift.same_file, night.contract.name
    for file, content in night.files.items():
        first: date | None = past.contents.get(content or "")
        if first is None:
            continue
        if content not in past.last.contents:
            text = f"与 {first} 收到的旧文件一字不差，像是把以前的文件又报了一次"
        elif (run.as_of - first).days >= rule.days and name not in rule.slow_sources:
            text = f"与 {first} 收到的一字不差，{(run.as_of - first).days} 天没有变化，像是把上期的文件又报了一次"
        else:
            continue
        yield DriftFinding(Rule.SAME_FILE, rule.acts_on(name), f"{name}/{file}", text)


def _keys_reused(run: RunContext, night: Tonight, tokens: pa.Table, count: int) -> Iterator[DriftFinding]:
    rule, name = run.policy.drift.key_reused, night.contract.name
    if night.past is None or count < rule.from_rows or count < rule.share * tokens.num_rows:
        return
    field = night.contract.field(night.contract.record_id or "")
    title = field.title if field else "编号"
    text = f"{count:,} 个“{title}”换了人（{night.past.last.as_of} 时是别人），编号被重新使用或整列错位"
    yield DriftFinding(Rule.KEY_REUSED, rule.acts_on(name), f"{name}/", text)
