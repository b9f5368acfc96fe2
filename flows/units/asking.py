"""What people ask of the register of units, and what they say of it; their word stands from the next night on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flows.home.keys import DistrictKey
from flows.home.store import Store
from flows.units.memory import read_register
from flows.units.units import Unit, UnitRegister, is_hidden
from matchers.encoding.units import clean_unit
from schemas.errors import InputError
from schemas.rules import Rule
from schemas.words import words

VERDICTS = words("unit_verdicts")


@dataclass(frozen=True)
class Speaker:
    """Who says it, when; `by` as the log names them."""

    by: str
    at: datetime

    @property
    def on(self) -> date:
        return self.at.date()


def doubts_waiting(key: DistrictKey, store: Store) -> list[dict[str, Any]]:
    """One row per doubt of the last night that nobody has answered: both spellings, their units, why it is asked."""
    register, doubts = read_register(key, store)
    spoken = store.unit_judgements()
    names = {unit.unit_key: unit for unit in register.units.values()}
    found = []
    for one in doubts:
        if _sorted(one["left_token"], one["right_token"]) in spoken:
            continue
        # A side without a unit is a licence of the market register that no row names in full.
        sides = {
            f"{side}_{name}": getattr(names.get(unit_key or ""), name, None)
            for side, unit_key in (("left", one["left_key"]), ("right", one["right_key"]))
            for name in ("name", "street", "trade", "credit_code")
        }  # fmt: skip
        found.append({**one, **sides})
    return sorted(found, key=lambda row: (row["since"], row["doubt_id"]))


def answer_doubt(key: DistrictKey, store: Store, doubt_id: str, verdict: str, speaker: Speaker) -> None:
    """Remember what a person says of a doubt. Raises InputError for a doubt that does not wait or a word not known."""
    if verdict not in VERDICTS:
        raise InputError(f"没有“{verdict}”这个回答", rule=Rule.UNIT_VERDICT, action=f"用：{'、'.join(VERDICTS)}")
    one = next((row for row in doubts_waiting(key, store) if row["doubt_id"] == doubt_id), None)
    if one is None:
        raise InputError("没有这条待问的单位，或已有人答过", rule=Rule.NO_UNIT_DOUBT, action="刷新后再看")
    _say(key, store, (one["left_token"], one["right_token"]), verdict, speaker)


def join_units(key: DistrictKey, store: Store, one: str, other: str, speaker: Speaker) -> tuple[Unit, Unit]:
    """Two units are one from the next night on; each is named by its key, its name or a spelling."""
    register, _ = read_register(key, store)
    left, right = find_unit(register, one), find_unit(register, other)
    if left.unit_key == right.unit_key:
        raise InputError("两个写法已是同一单位", rule=Rule.SAME_UNIT, examples=(left.name,), action="不必合并")
    _say(key, store, (_token(key, _spelling(left)), _token(key, _spelling(right))), "link", speaker)
    return left, right


def split_unit(key: DistrictKey, store: Store, spelling: str, speaker: Speaker) -> Unit:
    """A spelling is no longer its unit's from the next night on; gives that unit."""
    register, _ = read_register(key, store)
    unit, text = find_unit(register, spelling), clean_unit(spelling)
    if register.units.get(spelling) or text == unit.plain or register.token(text) == _spelling(unit):
        raise InputError(
            "要拆的应是单位的另一种写法，不是单位本身", rule=Rule.UNIT_SPELLING, examples=(unit.name,),
            action="用 sanzhao units list --json 看各单位的写法",
        )  # fmt: skip
    _say(key, store, (_token(key, text), _token(key, _spelling(unit))), "not_link", speaker)
    return unit


def find_unit(register: UnitRegister, text: str) -> Unit:
    """The firm of a key, a name or a spelling. Raises InputError where there is none, or several."""
    if text in register.units:
        found = [register.units[text]]
    else:
        plain = clean_unit(text)
        firms = [unit for unit in register.units.values() if unit.branch is None]
        found = [unit for unit in firms if unit.plain == plain]
        wanted = {plain, register.token(plain)}
        found = found or [unit for unit in firms if wanted & {one for one, _ in unit.spellings}]
    if len(found) != 1:
        raise InputError(
            "单位名册里没有这个写法" if not found else "不止一个单位有这个写法", rule=Rule.NO_UNIT,
            examples=tuple(f"{unit.unit_key} {unit.name}" for unit in found[:3]),
            action="用 sanzhao units list 看单位编号，按编号写",
        )  # fmt: skip
    if found[0].branch is not None:
        raise InputError("站点、分公司随其单位，不单独合并或拆分", rule=Rule.UNIT_BRANCH, action="写它的单位")
    return found[0]


def _spelling(unit: Unit) -> str:
    """The spelling a unit is known by: its name where rows write it so, else the first of the others."""
    name = unit.plain
    texts = [text for text, _ in unit.spellings]
    return name if name in texts or not texts else texts[0]


def _token(key: DistrictKey, spelling: str) -> str:
    """The token of a spelling, which may be kept as nothing else."""
    return spelling.removeprefix("#") if is_hidden(spelling) else key.token("unit", spelling)


def _sorted(left: str, right: str) -> tuple[str, str]:
    return (left, right) if left < right else (right, left)


def _say(key: DistrictKey, store: Store, tokens: tuple[str, str], verdict: str, speaker: Speaker) -> None:
    pair = _sorted(*tokens)
    store.judge_units(pair, verdict, speaker.by, speaker.on)
    store.audit(key, speaker.at, speaker.by, "judge_unit", why=f"{VERDICTS[verdict]} {pair[0][:12]} {pair[1][:12]}")
