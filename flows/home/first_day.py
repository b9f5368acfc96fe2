"""A home's first day: the district, its sources, who answers for each; folders to drop files in, with their records."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flows.home.folders import Home, private_folder, write_private
from flows.home.settings import template
from schemas.contracts import SourceContract
from schemas.errors import InputError
from schemas.provenance import MARK, PROVENANCE_TITLES
from schemas.rules import Rule

REQUIRED = "party_members"
_RECORD = f"""{MARK}。空着的项填好后，这个来源才会被读取。
provider = {{provider}}
purpose = {{purpose}}
legal_basis = {{legal_basis}}    # 法律依据，如：个人信息保护法第十三条第三项
approval_no = {{approval_no}}
owner = {{owner}}
contact = {{contact}}
retention_days = 30
"""


@dataclass(frozen=True)
class SourceSender:
    """Who answers for one source, as far as known."""

    provider: str = ""
    owner: str = ""
    contact: str = ""
    approval_no: str = ""
    legal_basis: str = ""

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is still to be filled in before the source is read, in Chinese."""
        known = {"legal_basis": self.legal_basis, "approval_no": self.approval_no, "owner": self.owner}
        return tuple(PROVENANCE_TITLES[key] for key, value in {**known, "contact": self.contact}.items() if not value)


@dataclass(frozen=True)
class FirstDay:
    """What a clerk says of the district before the first run."""

    district: str = ""
    comes: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    senders: Mapping[str, SourceSender] = field(default_factory=dict)


def source_named(text: str, contracts: Mapping[str, SourceContract]) -> str:
    """A source by its folder's name or its Chinese title. Raises InputError, naming those there are."""
    wanted = text.strip()
    result = next(
        (name for name, contract in contracts.items() if wanted in (name, contract.title, contract.department)), None
    )
    if result is None:
        known = "、".join(f"{contract.title}（{name}）" for name, contract in contracts.items())
        raise InputError(f"没有“{wanted[:20]}”这个来源", rule=Rule.UNKNOWN_SOURCE, action=f"可用：{known}")
    return result


def sender_of(text: str, contracts: Mapping[str, SourceContract]) -> tuple[str, SourceSender]:
    """`平台=市交通局,张主任,010-1234567,X交〔2026〕1号,法律依据`; what is left out stays to be filled in."""
    name, equals, about = text.partition("=")
    if not equals:
        raise InputError(
            "写成 来源=单位,责任人,联系方式,批准文号,法律依据", rule=Rule.UNKNOWN_SOURCE, action="后面几项可以不写"
        )
    parts = [part.strip() for part in re.split("[,，]", about)]
    return source_named(name, contracts), SourceSender(*parts[:5])


def begin(home: Home, day: FirstDay, contracts: Mapping[str, SourceContract]) -> list[str]:
    """Write the configuration, unless there is one, and a drop folder for every source that may come.

    Gives the sources whose folders were made. Raises InputError for a roll that is said never to come.
    """
    if REQUIRED in day.never:
        raise InputError("党员名册不能没有", where=REQUIRED, rule=Rule.NO_ROLL, action="从 --never 里去掉它")
    both = sorted(set(day.comes) & set(day.never))
    if both:
        raise InputError(
            "同一个来源不能又有又没有", where="、".join(both), rule=Rule.UNKNOWN_SOURCE, action="只写一处"
        )  # fmt: skip
    if not home.config.exists():
        write_private(home.config, _configured(day).encode())
    made = []
    for name, contract in contracts.items():
        folder = home.root / "drop" / name
        if name in day.never or folder.exists():
            continue
        private_folder(folder)
        write_private(folder / "provenance.toml", _record(contract, day.senders.get(name, SourceSender())).encode())
        made.append(name)
    return made


def _configured(day: FirstDay) -> str:
    text = template()
    for key, value in (("district", day.district), ("comes", day.comes), ("never", day.never)):
        if value:
            text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {_toml(value)}".replace("\\", r"\\"), text, count=1)
    return text


def _record(contract: SourceContract, sender: SourceSender) -> str:
    purpose = "党员组织关系核对" if contract.role in ("roll", "transfer", "floating") else "核对新就业群体中的党员"
    return _RECORD.format(
        provider=_toml(sender.provider or contract.department),
        purpose=_toml(purpose),
        legal_basis=_toml(sender.legal_basis),
        approval_no=_toml(sender.approval_no),
        owner=_toml(sender.owner),
        contact=_toml(sender.contact),
    )


def _toml(value: str | Sequence[str]) -> str:
    """Plain texts and lists of them are written in TOML as in JSON."""
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)
