"""Spellings: the other ways a name is written, from the same character lists names are drawn from."""

from __future__ import annotations

from functools import cache

import opencc
from pypinyin import Style, pinyin

from flows.sample.options import data

_DOTS = ("•", "．", "‧", "・", "", " ")
_COMPOUND = frozenset(data("names.toml")["surnames"]["compound"].split())


@cache
def _converter() -> tuple[opencc.OpenCC, opencc.OpenCC]:
    return opencc.OpenCC("s2t"), opencc.OpenCC("t2s")


@cache
def _pool() -> dict[str, str]:
    """Given-name characters of one reading only, each with its toneless sound."""
    table = data("names.toml")["given"]
    characters = {
        entry
        for sex in ("male", "female")
        for kind in ("first", "second", "single")
        for entry in "".join(table[sex][kind])
    }
    characters |= set(
        "伟玮炜苇燕艳雁晏丽莉莅俐静婧敬竞婷庭亭廷杰洁捷峰锋丰枫辉晖徽慧惠卉勇咏永泳涛韬滔军君钧均敏闵红宏虹鸿弘建健剑鉴志智治致波博泊渤"
    )
    readings = {
        character: set(pinyin(character, style=Style.NORMAL, heteronym=True)[0]) for character in sorted(characters)
    }
    return {entry: next(iter(sounds)) for entry, sounds in readings.items() if len(sounds) == 1}


@cache
def same_sounding() -> dict[str, tuple[str, ...]]:
    """Each given-name character's homophones (toneless)."""
    pool = _pool()
    return {
        entry: tuple(sorted(other for other, sound in pool.items() if sound == pool[entry] and other != entry))
        for entry in pool
    }


@cache
def _traditional(name: str) -> str:
    forward, back = _converter()
    written = str(forward.convert(name))
    return written if back.convert(written) == name else name


def surname_of(name: str) -> str:
    """The surname as written."""
    return name[:2] if name[:2] in _COMPOUND else name[:1]


@cache
def _other_characters() -> str:
    return "".join(sorted(_pool()))


@cache
def _rare() -> dict[str, tuple[str, ...]]:
    """What becomes of each rare character: a question mark, a box, its sound, its parts, a private code point."""
    rare = data("names.toml")["given"]["rare"]
    return {
        character: ("?", "□", rare["sounds"].get(character, "?"), f"({rare['parts'].get(character, '?')})", "\ue863")
        for character in rare["characters"]
    }


def _homophone_place(given: str) -> int:
    """The last given-name character with a homophone; -1 without one."""
    return next((at for at in range(len(given) - 1, -1, -1) if same_sounding().get(given[at])), -1)


def can_alter(name: str, kind: str) -> bool:
    """Whether a name can have one kind of dirt."""
    dotted = "·" in name
    if kind == "name_dot_variant" or dotted:
        return dotted and kind == "name_dot_variant"
    given = name[len(surname_of(name)) :]
    if kind == "name_rare_broken":
        return any(entry in _rare() for entry in name)
    if kind == "name_blank_inside":
        return len(name) == 2
    if kind == "name_traditional":
        return _traditional(name) != name
    if kind == "name_homophone":
        return _homophone_place(given) >= 0
    return kind == "name_other_character" or (len(given) == 2 and given[0] != given[1])


def alter_name(name: str, kind: str, pick: int) -> str | None:
    """The name with one kind of dirt, or None where that kind cannot befall it."""
    if not can_alter(name, kind):
        return None
    surname = surname_of(name)
    given = name[len(surname) :]
    if kind == "name_dot_variant":
        return name.replace("·", _DOTS[pick % len(_DOTS)])
    if kind == "name_rare_broken":
        result = next(entry for entry in name if entry in _rare())
        return name.replace(result, _rare()[result][pick % 5])
    if kind == "name_blank_inside":
        return f"{name[0]}{(' ', '　', '  ')[pick % 3]}{name[1]}"
    if kind == "name_traditional":
        return _traditional(name)
    if kind == "name_homophone":
        at = _homophone_place(given)
        others = same_sounding()[given[at]]
        return surname + given[:at] + others[pick % len(others)] + given[at + 1 :]
    if kind == "name_other_character":
        other = _other_characters()[pick % len(_other_characters())]
        if not given:  # a name of two characters may spell a double surname
            return None
        return surname + given[:-1] + other if _pool()[other] != _pool().get(given[-1]) else None
    return surname + given[::-1]
