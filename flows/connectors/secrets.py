"""Secrets of connectors: read when they are needed, never kept in settings, never shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from schemas.errors import HomeError
from schemas.rules import Rule

_ACTION = "在 secret_file 指的文件里（权限 0600）或 secret_env 指的环境变量里放好口令"


class NamesASecret(Protocol):
    """Anything configured that says where its secret lies: a connector, a mail server, a webhook."""

    @property
    def secret_file(self) -> Path | None: ...

    @property
    def secret_env(self) -> str | None: ...


class Secret:
    """One secret in memory; printing it shows nothing."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        return self._text


def read_secret(connector: NamesASecret, where: str) -> Secret | None:
    """The connector's secret, or null where it names none. Raises HomeError when it is not there, or open to others."""
    if connector.secret_env:
        text = os.environ.get(connector.secret_env, "").strip()
        if not text:
            raise HomeError(
                f"环境变量 {connector.secret_env} 里没有口令", where=where, rule=Rule.SECRET_MISSING, action=_ACTION
            )
        return Secret(text)
    if connector.secret_file:
        return Secret(_private_text(connector.secret_file, where))
    return None


def _private_text(path: Path, where: str) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise HomeError(
                f"口令文件 {path.name} 别人也能读，不予使用",
                where=where,
                rule=Rule.SECRET_OPEN,
                action="chmod 600 该文件",
            )
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise HomeError(f"读不到口令文件 {path.name}", where=where, rule=Rule.SECRET_MISSING, action=_ACTION) from None
    if not text:
        raise HomeError(f"口令文件 {path.name} 是空的", where=where, rule=Rule.SECRET_MISSING, action=_ACTION)
    return text
