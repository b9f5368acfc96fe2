"""Where a source's data comes from and by what right it is used (PIPL 13, 17, 21): one record per source."""

from __future__ import annotations

import re
import tomllib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from schemas.errors import InputError
from schemas.rules import Rule

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

MARK = "# 由 sanzhao init 写出"
"""How a template begins that nobody may have looked at yet."""

PROVENANCE_TITLES = {
    "provider": "提供单位", "purpose": "处理目的", "legal_basis": "法律依据", "approval_no": "批准文号",
    "owner": "本单位责任人", "contact": "联系方式", "retention_days": "保存天数",
}  # fmt: skip
_LINE = re.compile(r"at line (\d+)")
_WRONG_QUOTES = "“”‘’＂「」"

TEMPLATE = """\
provider = "提供单位全称"
purpose = "处理目的，如：核对新就业群体中的党员"
legal_basis = "法律依据，如：个人信息保护法第十三条第三项"
approval_no = "批准文号"
owner = "本单位责任人"
contact = "联系方式"
retention_days = 30
"""


class Provenance(BaseModel):
    """One source's provider, purpose, legal basis, approval, owner, contact and retention."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: _Text
    purpose: _Text
    legal_basis: _Text
    approval_no: _Text
    owner: _Text
    contact: _Text
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 30


def provenance_text(data: bytes) -> str:
    """The text of a record as an editor saved it: UTF-8, or the code page of a Chinese Windows. Raises ValueError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def parse_provenance(text: str, where: str) -> Provenance:
    """A provenance record from TOML text. Raises InputError naming the line or the keys at fault, with the template."""
    try:
        return Provenance.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _refused(_misspelt(text, str(error)), where) from None
    except ValidationError as error:
        keys = sorted({str(part["loc"][0]) for part in error.errors() if part["loc"]})
        told = "、".join(f"{key}（{PROVENANCE_TITLES[key]}）" if key in PROVENANCE_TITLES else key for key in keys)
        raise _refused(f"缺少或写错的项：{told}", where) from None


def _misspelt(text: str, told: str) -> str:
    """Which line cannot be read and how it is to be written."""
    match = _LINE.search(told)
    lines = text.splitlines()
    number = int(match[1]) if match else len(lines)
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    quotes = "用了中文引号，" if any(sign in line for sign in _WRONG_QUOTES) else ""
    return f'第{number}行写法有误：{quotes}每行写成 项目 = "内容"，用英文引号，前后成对'


def missing_provenance(source: str) -> InputError:
    """The refusal of a source that came without a record."""
    return _refused("没有来源说明，该来源未读取", f"{source}/provenance.toml")


def _refused(message: str, where: str) -> InputError:
    return InputError(message, where=where, rule=Rule.PROVENANCE, action="照以下样式补齐后重投：\n" + TEMPLATE.rstrip())
