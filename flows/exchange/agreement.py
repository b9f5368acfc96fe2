"""One agreement per exchange: its number, its two districts, its last day, and the secret both sides hold and no other.

The file is made by one side and carried to the other by hand; who holds it can try out every resident ID there is
against a file of tokens. It is 0600, and never on a command line.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from datetime import date, timedelta
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from flows.exchange.macs import purpose_key
from flows.exchange.rules import rules
from flows.home.folders import write_private
from schemas.errors import InputError
from schemas.rules import Rule

VARIABLE = "SANZHAO_EXCHANGE_KEY"
_HEAD = b"sanzhao-exchange-key/1\n"
_NUMBER = re.compile(r"20[0-9]{2}-[0-9]{4}")


class ExchangeAgreement(BaseModel):
    """What two districts agreed on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str = Field(pattern=_NUMBER.pattern)
    districts: tuple[str, str]
    made_on: date
    expires_on: date
    third_party: str = ""
    """Who compares the two files without the secret; empty where each district does it itself."""
    secret: str = Field(pattern="[0-9a-f]{64}", repr=False)

    @model_validator(mode="after")
    def _two_districts(self) -> Self:
        if len(set(self.districts)) != 2 or not all(name.strip() for name in self.districts):
            raise ValueError("an agreement has two districts")
        if not self.made_on <= self.expires_on <= self.made_on + timedelta(days=rules().longest_days):
            raise ValueError("an agreement ends after it begins, and not too late")
        return self

    def key(self, purpose: str) -> bytes:
        """The key of one purpose; no two exchanges share one."""
        return purpose_key(bytes.fromhex(self.secret), f"{self.number} {purpose}")

    def other(self, district: str) -> str:
        """The district on the other side. Raises InputError where this one is none of the two."""
        if district not in self.districts:
            raise InputError(
                f"这份交换约定是 {self.districts[0]} 与 {self.districts[1]} 的，本区是 {district}",
                rule=Rule.EXCHANGE_OTHER, action="核对约定文件，或核对 config.toml 里的 district",
            )  # fmt: skip
        return self.districts[1 - self.districts.index(district)]

    def check_open(self, today: date) -> None:
        """Raises InputError where the last day is over."""
        if today > self.expires_on:
            raise InputError(
                f"交换约定 {self.number} 已于 {self.expires_on} 到期", rule=Rule.EXCHANGE_EXPIRED,
                action="与对方另立一份约定（sanzhao exchange agree），旧的约定和文件销毁",
            )  # fmt: skip


def make_agreement(
    path: Path, number: str, districts: tuple[str, str], made_on: date, **more: object
) -> ExchangeAgreement:
    """Write a new agreement. Raises InputError where the file is there already or a part does not hold."""
    if path.exists():
        raise InputError("已有这个文件，不覆盖", where=path.name, rule=Rule.FILE_TAKEN, action="换一个文件名")
    last = made_on + timedelta(days=rules().valid_days)
    try:
        made = ExchangeAgreement.model_validate(
            {"expires_on": last, **more, "number": number, "districts": districts, "made_on": made_on,
             "secret": secrets.token_hex(32)}
        )  # fmt: skip
    except ValidationError:
        raise InputError(
            "约定写得不对", rule=Rule.EXCHANGE_KEY,
            action=f"编号写成 2026-0003 这样；两个区不同名；有效期不超过 {rules().longest_days} 天",
        ) from None  # fmt: skip
    write_private(path, _HEAD + made.model_dump_json(indent=1).encode() + b"\n")
    return made


def load_agreement(path: Path | None) -> ExchangeAgreement:
    """The agreement of a file, or of the one that SANZHAO_EXCHANGE_KEY names.

    Raises InputError where there is none, others can read it, or it is none.
    """
    named = path or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is None:
        raise InputError(
            "没有给出交换约定文件", rule=Rule.EXCHANGE_KEY, action=f"用 --key 指定，或设环境变量 {VARIABLE}"
        )
    try:
        open_to_others, data = named.stat().st_mode & 0o077, named.read_bytes()
    except OSError as error:
        raise InputError(
            f"读不到交换约定文件：{error.strerror}", where=named.name, rule=Rule.EXCHANGE_KEY, action="核对路径"
        ) from None
    if open_to_others:
        raise InputError(
            "交换约定文件别的账号也能读，不使用", where=named.name, rule=Rule.EXCHANGE_KEY,
            action=f"复制到本机后 chmod 600 {named.name}",
        )  # fmt: skip
    try:
        return ExchangeAgreement.model_validate(json.loads(data.removeprefix(_HEAD) if data.startswith(_HEAD) else b""))
    except (ValueError, ValidationError):
        raise InputError(
            "这不是交换约定文件，或已残缺", where=named.name, rule=Rule.EXCHANGE_KEY, action="向立约的一方重新取一份"
        ) from None
