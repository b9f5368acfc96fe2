"""What went wrong in a step, in words that carry no one's data, and whether asking again later may help."""

from __future__ import annotations

import errno
import os

import duckdb

from flows.home.runlog import log_crash
from flows.pipeline.steps import Step
from flows.run.context import RunContext
from schemas.errors import SanzhaoError
from schemas.rules import Rule


class RunFailedError(SanzhaoError):
    """Something no one foresaw; its frames are in the log. What the run has read is kept for `--resume`."""


def plain_failure(run: RunContext, step: Step, error: BaseException) -> SanzhaoError:
    """The error by its type only: its message may hold a person's data. The frames go to the log."""
    log = log_crash(run.home, error, run_id=run.run_id, step=step.name)
    if _disk_is_full(error):
        return RunFailedError(
            f"「{step.title}」一步：磁盘已满",
            where=str(run.home.root),
            rule=Rule.DISK_FULL,
            action="腾出空间后运行 sanzhao run --resume",
        )
    if is_out_of_memory(error):
        return RunFailedError(
            f"「{step.title}」一步：内存限额不够（配置 memory_limit = {run.settings.memory_limit}）",
            where=str(run.home.config),
            rule=Rule.MEMORY_LIMIT,
            action=f"{more_memory(run.settings.memory_limit)}，再运行 sanzhao run --resume",
        )
    return RunFailedError(
        f"「{step.title}」一步出错（{type(error).__name__}）",
        rule=Rule.INTERNAL_PASSING if _may_pass(error) else Rule.INTERNAL,
        action=f"sanzhao run --resume 再试；仍不行请把日志 {log} 交给管理员",
    )


def may_help_to_retry(error: BaseException) -> bool:
    """A share, disk or database that did not answer may answer in a minute; a bad file stays bad."""
    if isinstance(error, SanzhaoError):
        return error.rule is not None and error.rule.retryable_at_once
    return _may_pass(error)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, OSError | duckdb.IOException):
        return True
    from sqlalchemy.exc import DBAPIError, OperationalError

    return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the engine's limit, or the machine's memory, was not enough."""
    return isinstance(error, duckdb.OutOfMemoryException | MemoryError)


def more_memory(limit: str) -> str:
    """What to write in place of a limit that was not enough, and what the machine has."""
    number, unit = int(limit[:-2]), limit[-2:]
    wanted = f"{number * 4}{unit}" if unit == "GB" else f"{max(4, number * 4 // 1000)}GB"
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"把 memory_limit 调大，例如 {wanted}（本机内存共 {machine:.0f}GB，30 万行对 30 万行约需 8GB）"


def _disk_is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, duckdb.Error) and "No space left" in str(error)
