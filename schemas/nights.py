"""When a night begins, what it waits for, and who is told how it ended: the unattended part of a configuration."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.connectors import checked_url

ZONE = "Asia/Shanghai"
Ending = Literal["published", "warnings", "failed", "missed"]
_EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourcePolicy(_Frozen):
    """What a night does about one source that is late or broken."""

    missing: Literal["go_on", "wait", "stop"] = "go_on"
    until: time | None = None
    """Till when `wait` waits, in the district's time; then `then` holds."""
    then: Literal["go_on", "stop"] = "go_on"
    fresh: bool = False
    """Files from before the last finished run do not count as come."""

    @model_validator(mode="after")
    def _until_with_wait(self) -> SourcePolicy:
        if (self.missing == "wait") != (self.until is not None):
            raise ValueError('missing = "wait" 要写 until（几点为止），其余不写')
        return self

    @property
    def stops(self) -> bool:
        """Whether the run is refused without this source, once there is nothing more to wait for."""
        return self.missing == "stop" or (self.missing == "wait" and self.then == "stop")


class NightSettings(_Frozen):
    """The nightly schedule and its patience."""

    cron: str = "30 1 * * *"
    catch_up: bool = True
    wait_for_lock_minutes: int = Field(default=120, ge=0, le=720)
    step_timeout_minutes: float = Field(default=60, gt=0, le=720)
    resume_attempts: int = Field(default=3, ge=0, le=10)
    resume_after_seconds: float = Field(default=60, ge=1, le=3600)
    log_days: int = Field(default=200, ge=30, le=3650)
    sources: dict[str, SourcePolicy] = {}

    @field_validator("cron")
    @classmethod
    def _five_words(cls, cron: str) -> str:
        if len(cron.split()) != 5:
            raise ValueError("cron 应是五段：分 时 日 月 周，例如 30 1 * * *")
        return cron


class ServeSettings(_Frozen):
    """The service on this machine: everything listens on loopback only."""

    port: int = Field(default=4200, ge=1024, le=65535)
    review: bool = True
    review_port: int = Field(default=8480, ge=1024, le=65535)
    database_url: str = ""
    """Where Prefect keeps its own records; empty is SQLite in `H/prefect`."""

    @field_validator("database_url")
    @classmethod
    def _no_password(cls, url: str) -> str:
        return without_password(url)


class _WithSecret(_Frozen):
    secret_file: Path | None = None
    secret_env: _EnvironmentName | None = None

    @model_validator(mode="after")
    def _one_place(self) -> _WithSecret:
        if self.secret_file and self.secret_env:
            raise ValueError("secret_file 与 secret_env 只能写一个")
        return self


class EmailSettings(_WithSecret):
    """An SMTP server and who is written to; the secret is the password."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    recipients: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...] = Field(min_length=1)
    ca_file: Path | None = None
    timeout_seconds: float = Field(default=20, gt=0, le=120)

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> EmailSettings:
        if self.username and self.security == "none":
            raise ValueError("要登录的邮件服务器必须用 starttls 或 tls，否则口令会被看到")
        return self


class WebhookSettings(_WithSecret):
    """An address that takes JSON; the secret is the key of the signature."""

    url: str
    ca_file: Path | None = None
    timeout_seconds: float = Field(default=20, gt=0, le=120)

    @field_validator("url")
    @classmethod
    def _no_secret_inside(cls, url: str) -> str:
        return checked_url(url)

    @model_validator(mode="after")
    def _signed(self) -> WebhookSettings:
        if not (self.secret_file or self.secret_env):
            raise ValueError("webhook 要有签名密钥：secret_file 或 secret_env")
        return self


class NoticeSettings(_Frozen):
    """Who is told of which endings."""

    on: tuple[Ending, ...] = ("published", "warnings", "failed", "missed")
    email: EmailSettings | None = None
    webhook: WebhookSettings | None = None


class CitySettings(_Frozen):
    """With which districts of the same city this one exchanges tokens by standing agreement: with none unless named."""

    exchange_with: tuple[str, ...] = ()
    contact: str = Field(default="", max_length=120)
    """Whom the other district rings; the other side reads it."""
    approval_no: str = ""

    @model_validator(mode="after")
    def _agreed(self) -> CitySettings:
        if self.exchange_with and not (self.contact.strip() and self.approval_no.strip()):
            raise ValueError("写了 exchange_with 就要写 contact（联系人）和 approval_no（批准文号）")
        return self


class LineageSettings(_WithSecret):
    """Where a run's OpenLineage events go: a folder, and perhaps a server; nowhere unless one of them is named."""

    folder: Path | None = None
    url: str = ""
    namespace: str = Field(default="sanzhao", min_length=1)
    ca_file: Path | None = None
    timeout_seconds: float = Field(default=10, gt=0, le=120)

    @field_validator("url")
    @classmethod
    def _checked(cls, url: str) -> str:
        return checked_url(url) if url else ""

    @property
    def on(self) -> bool:
        """Whether anybody asked for events."""
        return bool(self.folder or self.url)


class MetricsSettings(_Frozen):
    """The figures of the last run as a file that node exporter's textfile collector reads; none unless named."""

    textfile: Path | None = None

    @field_validator("textfile")
    @classmethod
    def _read_by_the_collector(cls, path: Path | None) -> Path | None:
        if path is not None and path.suffix != ".prom":
            raise ValueError("文件名要以 .prom 结尾，否则 node exporter 不读")
        return path


def without_password(url: str) -> str:
    """A database's address, refused with a password in it: addresses end up in errors and process lists."""
    account = url.partition("://")[2].partition("@")[0] if "@" in url else ""
    if ":" in account or "password=" in url:
        raise ValueError("地址里不能写口令，用 PGPASSFILE 指的口令文件或环境变量 PGPASSWORD")
    return url
