"""One connector per source: where its files are fetched from. Secrets are never text in here, only where they lie."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_Word = Annotated[str, Field(min_length=1)]


class _Common(BaseModel):
    """Limits every connector keeps to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str = "*"
    """Which file names are taken, as a shell would match them."""
    timeout_seconds: float = Field(default=30, gt=0, le=600)
    """How long one answer of the server may take."""
    deadline_seconds: float = Field(default=1800, gt=0, le=21600)
    """How long the whole source may take, so that a server that drips bytes does not hold a night up."""
    retries: int = Field(default=3, ge=0, le=10)
    backoff_seconds: float = Field(default=2, ge=0, le=300)
    max_file_mb: int = Field(default=512, ge=1, le=2048)
    max_files: int = Field(default=1000, ge=1, le=100_000)


class _WithSecret(_Common):
    """A connector that shows a secret, which lies in a file of its own or in the environment."""

    secret_file: Path | None = None
    secret_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> _WithSecret:
        if self.secret_file and self.secret_env:
            raise ValueError("secret_file 与 secret_env 只能写一个")
        return self


class FolderConnector(_Common):
    """A folder of this machine or of a mounted share."""

    type: Literal["folder"]
    path: Path


class SftpConnector(_WithSecret):
    """A folder on an SFTP server whose host key is known beforehand; the secret is the password or the key's."""

    type: Literal["sftp"]
    host: _Word
    port: int = Field(default=22, ge=1, le=65535)
    username: _Word
    path: str = "."
    host_keys: Annotated[tuple[_Word, ...], Field(min_length=1)]
    """`ssh-ed25519 AAAA…`, or the fingerprint `SHA256:…`."""
    private_key_file: Path | None = None

    @field_validator("host_keys", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class S3Connector(_WithSecret):
    """A prefix in a bucket of an S3-compatible store; the secret is the secret access key."""

    type: Literal["s3"]
    endpoint_url: str
    bucket: _Word
    prefix: str = ""
    access_key: _Word
    region: str = "us-east-1"

    @field_validator("endpoint_url")
    @classmethod
    def _no_secret_inside(cls, url: str) -> str:
        return checked_url(url)


class HttpConnector(_WithSecret):
    """Files behind fixed addresses; the secret is the bearer token."""

    type: Literal["http"]
    urls: Annotated[tuple[str, ...], Field(min_length=1)]
    ca_file: Path | None = None

    @field_validator("urls", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("urls")
    @classmethod
    def _no_secret_inside(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked_url(url) for url in urls)


class PostgresConnector(_WithSecret):
    """The answer to one query, read only; the secret is the password."""

    type: Literal["postgres"]
    host: _Word
    port: int = Field(default=5432, ge=1, le=65535)
    database: _Word
    username: _Word
    query: _Word
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = "prefer"


Connector = Annotated[
    FolderConnector | SftpConnector | S3Connector | HttpConnector | PostgresConnector, Field(discriminator="type")
]


def checked_url(url: str) -> str:
    """An address without a password in it, and encrypted unless the server is this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ValueError("地址写法有误") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("地址应以 https:// 开头")
    if parts.username or parts.password:
        raise ValueError("地址里不能写口令，用 secret_file 或 secret_env")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("外部地址只能用 https，否则令牌会被看到")
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
