"""One district's configuration: `H/config.toml`, frozen, every mistake named by file and key."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from flows.home.folders import Home, write_private
from matchers.model.district import district_model, parse_model
from matchers.model.link_model import LinkModel
from schemas.connectors import Connector
from schemas.errors import ContractError
from schemas.nights import (
    CitySettings,
    LineageSettings,
    MetricsSettings,
    NightSettings,
    NoticeSettings,
    ServeSettings,
    without_password,
)
from schemas.provenance import Provenance
from schemas.rules import Rule
from schemas.targets import Target


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PrefectSettings(_Frozen):
    """Where runs show up when there is a server."""

    api_url: str = ""


ReportKind = Literal["workbook", "situation", "circulation", "links"]
"""What a run may draw besides its summary and the marks for the senders."""


class WorkbenchSettings(_Frozen):
    """How pairs are put before reviewers."""

    hide_score: bool = True
    """Nobody sees a pair's score before they have judged it; else each reviewer may choose so."""
    second_reading_share: float = Field(default=0.05, ge=0, le=1)
    """Share of the judged pairs that a second reviewer reads without knowing of the first."""
    known_pair_share: float = Field(default=0.03, ge=0, le=0.5)
    """Share of the pairs put before a reviewer whose answer is known beforehand; none of them reaches the ledger."""


class WorkbookSettings(_Frozen):
    """How 一本账.xlsx is laid out."""

    split_rows: int = Field(default=400, ge=1)
    """Rows from which a list is split into a sheet per street, with an index in front."""


class Settings(_Frozen):
    """One district's configuration; paths are absolute once loaded, null where the shipped default serves."""

    district: str = Field(default="示范区", min_length=1)
    comes: tuple[str, ...] = ()
    """Sources the district has: one that does not come is asked for from the first night on."""
    never: tuple[str, ...] = ()
    """Sources that will never come: nobody is reminded of them."""
    drop: Path | None = None
    store_url: str = ""
    retention_days: int = Field(default=30, ge=1, le=365)
    settle_seconds: float = Field(default=2.0, ge=0, le=600)
    """How long a dropped file must not have changed before it is taken."""
    memory_limit: str = Field(default="1200MB", pattern=r"^[1-9][0-9]*(MB|GB)$")
    threads: int = Field(default=2, ge=1, le=64)
    policy: Path | None = None
    model: Path | None = None
    sources: Path | None = None
    reports: tuple[ReportKind, ...] = get_args(ReportKind)
    prefect: PrefectSettings = PrefectSettings()
    night: NightSettings = NightSettings()
    serve: ServeSettings = ServeSettings()
    workbench: WorkbenchSettings = WorkbenchSettings()
    workbook: WorkbookSettings = Field(default_factory=WorkbookSettings)
    notices: NoticeSettings = NoticeSettings()
    city: CitySettings = CitySettings()
    lineage: LineageSettings = LineageSettings()
    metrics: MetricsSettings = MetricsSettings()
    provenance: dict[str, Provenance] = {}
    connectors: dict[str, Connector] = {}
    targets: dict[str, Target] = {}

    @field_validator("store_url")
    @classmethod
    def _no_password(cls, url: str) -> str:
        return without_password(url)


_PATHS = ("drop", "policy", "model", "sources")
_CONNECTOR_PATHS = ("secret_file", "private_key_file", "ca_file")
_OUTLET_PATHS = {"lineage": ("folder", "secret_file", "ca_file"), "metrics": ("textfile",)}
_SECRETS = {"password", "passwd", "token", "secret", "secret_key", "access_secret", "passphrase", "private_key"}
_MEANING = {
    "missing": "必填项没有填",
    "extra_forbidden": "没有这一项（写错了名字？）",
    "string_type": "应为文字（用引号括起）",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "greater_than_equal": "数值太小",
    "less_than_equal": "数值太大",
    "string_too_short": "不能为空",
    "string_pattern_mismatch": "写法不对，例如 1200MB",
    "literal_error": "不是可用的词，可用的词见配置文件模板里这一项的说明",
    "union_tag_invalid": "type 应为 folder、sftp、s3、http 或 postgres",
    "union_tag_not_found": "缺少 type：folder、sftp、s3、http 或 postgres",
}


def template() -> str:
    """The configuration `sanzhao init` writes: every field with its explanation in Chinese."""
    return (resources.files("flows.home") / "config_template.toml").read_text("utf-8")


def write_template(home: Home) -> bool:
    """Write `H/config.toml` unless there is one; says whether it was written."""
    if home.config.exists():
        return False
    write_private(home.config, template().encode())
    return True


def load_settings(home: Home, path: Path | None = None) -> Settings:
    """Settings from `path`, else `H/config.toml`, else the defaults. Raises ContractError naming file and key."""
    chosen = path or home.config
    if path is None and not chosen.exists():
        return parse_settings("", home.config)
    try:
        text = chosen.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "不是 UTF-8 文本"
        raise ContractError(
            f"配置文件读不了：{reason}",
            where=str(chosen),
            rule=Rule.CONFIG_UNREADABLE,
            action="核对路径与权限，或用 sanzhao init 重新生成",
        ) from None
    return parse_settings(text, chosen)


def parse_settings(text: str, path: Path) -> Settings:
    """Settings from TOML text; relative paths are taken from the folder `path` lies in."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(
            f"TOML 写法有误：{error}", where=str(path), rule=Rule.TOML, action="按提示的行列修改"
        ) from None
    try:
        return Settings.model_validate(_resolved({"drop": "drop", "sources": "sources", **body}, path.parent))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        meaning = _meaning(first["type"], first["msg"], str(first["loc"][-1]))
        raise ContractError(
            f"配置项 {key}：{meaning}",
            where=str(path),
            rule=Rule.CONFIG_KEY,
            count=error.error_count(),
            action=f"打开该文件改 {key} 一项",
        ) from None


def model_of(settings: Settings) -> LinkModel:
    """The linkage model of a home: its own file, else the shipped one. Raises ContractError naming file and key."""
    if settings.model is None:
        return district_model()
    try:
        text = settings.model.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ContractError(
            "比对模型读不了",
            where=str(settings.model),
            rule=Rule.MODEL_UNREADABLE,
            action="核对配置里 model 一项的路径",
        ) from None
    return parse_model(text, settings.model.name)


def _meaning(kind: str, said: str, key: str) -> str:
    """What is wrong with a key, without its value: it may be a secret in the wrong place."""
    if kind == "extra_forbidden" and key in _SECRETS:
        return "口令不能写在配置里，放进单独的文件用 secret_file，或放进环境变量用 secret_env"
    return _MEANING.get(kind, said.removeprefix("Value error, "))


def _resolved(body: dict[str, Any], base: Path) -> dict[str, Any]:
    """Empty paths become null, relative ones absolute; anything else is left for the model to judge."""
    for key in _PATHS:
        value = body.get(key)
        if value == "":
            body[key] = None
        elif isinstance(value, str):
            body[key] = (base / Path(value).expanduser()).resolve()
    for kind in ("connectors", "targets", "notices"):
        result = body.get(kind)
        for connector in result.values() if isinstance(result, dict) else ():
            if isinstance(connector, dict):
                _resolve_connector(connector, base)
    for kind, keys in _OUTLET_PATHS.items():
        outlet = body.get(kind)
        if isinstance(outlet, dict):
            _make_absolute(outlet, keys, base)
    return body


def _resolve_connector(connector: dict[str, Any], base: Path) -> None:
    """A folder connector's path is one of this machine; an SFTP server's is not."""
    keys = (*_CONNECTOR_PATHS, "path") if connector.get("type") == "folder" else _CONNECTOR_PATHS
    _make_absolute(connector, keys, base)


def _make_absolute(table: dict[str, Any], keys: tuple[str, ...], base: Path) -> None:
    for key in keys:
        if isinstance(table.get(key), str):
            table[key] = (base / Path(table[key]).expanduser()).resolve()
