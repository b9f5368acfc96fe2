"""One examination of a home: every check in turn; one that cannot be made is itself a finding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flows.doctor import district, machine
from flows.doctor.finding import Finding, bad
from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.settings import load_settings
from schemas.errors import SanzhaoError


def examine(home: Home) -> list[Finding]:
    """All findings, in the order they are read. Never raises: what breaks a check is what it finds."""
    now = datetime.now(UTC)
    if not home.root.is_dir():
        return [bad("数据文件夹", f"没有 {home.root}", "先运行 sanzhao init")]
    result = [
        _made("磁盘", lambda: machine.disk(home)),
        _made("权限", lambda: machine.permissions(home)),
        _made("时钟", lambda: machine.clock(home, now)),
        _made("字体", machine.fonts),
    ]
    try:
        settings, key = load_settings(home), load_key(home)
    except SanzhaoError as error:
        return [*result, bad("配置与密钥", str(error), error.action or "改好后再查")]
    result += [
        _made("投递", lambda: district.drop_folder(home, settings)),
        _made("密钥", lambda: district.key_of_ledger(home, key)),
        _made("比对模型", lambda: district.linkage_model(settings)),
        _made("端口", lambda: machine.ports(home, settings)),
        _made("排期", lambda: district.schedule(home, settings, now)),
        _made("运行", lambda: district.runs(home)),
        _made("一本账", lambda: district.last_version(home, settings, key, now)),
    ]
    try:
        return [*result, *district.store(home, settings, key)]
    except Exception as error:
        return [*result, _broken("状态库", error)]


def _made(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        return _broken(name, error)


def _broken(name: str, error: Exception) -> Finding:
    if isinstance(error, SanzhaoError):
        return bad(name, error.message, error.action or "")
    return bad(name, f"查不了（{type(error).__name__}）", "核对权限与磁盘；仍不行请告诉管理员")
