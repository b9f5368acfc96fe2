"""One file per district and exchange: which of its own blocks were found, under which pair numbers, and whom to ring.

It names nothing of the other side's but its name, its contact and its file's digest.
"""

from __future__ import annotations

import hmac
import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.exchange.agreement import ExchangeAgreement
from flows.exchange.macs import mac_of
from flows.exchange.matching import Matched
from flows.exchange.rules import rules
from flows.exchange.token_file import TokenFile, TokenFileHeader
from flows.home.folders import write_private
from schemas.errors import InputError
from schemas.rules import Rule

_LONGEST = 64 << 20


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FoundPair(_Frozen):
    """One pair: its number, on which side of it the own person stands, and their entries in the file sent."""

    number: int = Field(ge=1)
    member_here: bool
    entries: tuple[int, ...] = Field(min_length=1)


class Result(_Frozen):
    """What one district learns."""

    version: int
    exchange: str
    district: str
    other: str
    contact: str
    own_digest: str
    other_digest: str
    checked_away: int
    two_candidates: int
    pairs: tuple[FoundPair, ...]


def results_of(file: TokenFile, other: TokenFile, matched: Matched) -> tuple[Result, Result]:
    """The result for either district."""
    return _result(file, other, matched), _result(other, file, matched)


def _result(own: TokenFile, other: TokenFile, matched: Matched) -> Result:
    district, pairs = own.header.district, []
    for pair in matched.pairs:
        here = pair.member_of == district
        pairs.append(FoundPair(
            number=pair.number, member_here=here, entries=tuple(entry[0 if here else 1] for entry in pair.entries)
        ))  # fmt: skip
    return Result(
        version=rules().version, exchange=own.header.exchange, district=district, other=other.header.district,
        contact=other.header.contact, own_digest=own.digest, other_digest=other.digest,
        checked_away=matched.checked_away, two_candidates=matched.two_candidates, pairs=tuple(pairs),
    )  # fmt: skip


def check_together(header: TokenFileHeader, other: TokenFileHeader) -> None:
    """Raises InputError where two files are not of one exchange, or are of one district."""
    if header.exchange != other.exchange:
        raise InputError(
            f"两个文件不是同一次交换：{header.exchange} 与 {other.exchange}", rule=Rule.EXCHANGE_OTHER,
            action="用同一次交换的两个文件",
        )  # fmt: skip
    if header.district == other.district:
        raise InputError(f"两个文件都是 {header.district} 的", rule=Rule.EXCHANGE_OTHER, action="要一区一个文件")
    if header.other != other.district or other.other != header.district:
        raise InputError("两个文件不是同一对区的", rule=Rule.EXCHANGE_OTHER, action="用同一次交换的两个文件")


def write_result(path: Path, result: Result, agreement: ExchangeAgreement | None) -> None:
    """Write the file 0600, sealed where the secret is at hand."""
    body = result.model_dump_json()
    mac = mac_of(agreement.key("result"), [body.encode()]).hex() if agreement else None
    write_private(path, json.dumps({"result": body, "mac": mac}, ensure_ascii=False, indent=1).encode() + b"\n")


def read_result(path: Path, agreement: ExchangeAgreement) -> Result:
    """A result for this exchange. Raises InputError where it is none, altered, or unsealed though no third party was
    agreed on.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise ValueError
        told = json.loads(path.read_text("utf-8"))
        body, mac = str(told["result"]), told["mac"]
        result = Result.model_validate_json(body)
    except OSError as error:
        raise InputError(
            f"读不到交换结果：{error.strerror}", where=path.name, rule=Rule.EXCHANGE_RESULT, action="核对路径"
        ) from None
    except (ValueError, KeyError, TypeError, ValidationError, RecursionError):
        raise InputError(
            "这不是交换结果文件，或已损坏",
            where=path.name,
            rule=Rule.EXCHANGE_RESULT,
            action="重新比对（exchange match）",
        ) from None
    if result.exchange != agreement.number:
        raise InputError(
            f"结果是第 {result.exchange} 次交换的，约定是 {agreement.number}", where=path.name,
            rule=Rule.EXCHANGE_OTHER,
            action="用这一次交换的结果和约定",
        )  # fmt: skip
    sealed = mac is not None and hmac.compare_digest(mac_of(agreement.key("result"), [body.encode()]).hex(), str(mac))
    if not sealed and not (mac is None and agreement.third_party):
        raise InputError(
            "交换结果的校验不符：约定不是同一份，或结果被改动", where=path.name, rule=Rule.EXCHANGE_RESULT,
            action="用本区的约定重新比对（exchange match）；由第三方比对的，立约时写明第三方",
        )  # fmt: skip
    return result
