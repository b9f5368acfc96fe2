"""PostgreSQL through DuckDB: the log-in statement, and what went wrong in our own terms, never the library's words."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol


class PostgresPlace(Protocol):
    """A database somebody configured: to be read from, or exported to."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def database(self) -> str: ...
    @property
    def username(self) -> str: ...


class PostgresFailure(Enum):
    """Why a statement failed, as far as the library's text tells: it has no codes."""

    LOGIN = auto()
    PERMISSION = auto()
    TIMEOUT = auto()
    UNREACHABLE = auto()
    OTHER = auto()


_SIGNS = (
    (PostgresFailure.LOGIN, ("authentication", "no password supplied", 'role "')),
    (PostgresFailure.PERMISSION, ("read-only transaction", "permission denied")),
    (PostgresFailure.TIMEOUT, ("statement timeout",)),
    (PostgresFailure.UNREACHABLE, ("unable to connect", "could not connect", "connection to server", "timeout")),
)


def failure_of(error: Exception) -> PostgresFailure:
    """The first failure whose signs the error's text has; the text itself would repeat query and address."""
    text = str(error).lower()
    return next((kind for kind, signs in _SIGNS if any(sign in text for sign in signs)), PostgresFailure.OTHER)


def login_statement(place: PostgresPlace, password: str | None) -> str:
    """`create temporary secret login …`: DuckDB takes no bound values here; every one is quoted."""
    values = {"host": place.host, "port": str(place.port), "database": place.database, "user": place.username}
    if password is not None:
        values["password"] = password
    body = ", ".join(f"{name} {quoted(value)}" for name, value in values.items())
    return f"create temporary secret login (type postgres, {body})"


def quoted(text: str) -> str:
    """A value as a literal, where a statement takes no bound one."""
    return "'" + text.replace("'", "''") + "'"
