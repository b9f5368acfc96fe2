"""One person's name per cell: blanks, dots and mask characters in one form, notes taken off; else not a name."""

from __future__ import annotations

import re

from flows.staging.values.cells import BLANKS, Cell, Cleaned, blank, cell_text, merged, narrow
from schemas.placeholders import means_no_person, means_nothing

_PLAIN = re.compile("[\u4e00-\u9fff]{2,4}")
_HAN = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\ue000-\uf8ff\uf900-\ufaff\U00020000-\U0003ffff\U000f0000-\U0010ffff]"
)
_DOTS = re.compile("[·•．‧・∙⋅●.｡。]")
_STARS = re.compile("[*＊×○〇◯●✱※]")
_LETTER_MASK = re.compile(r"(?<![A-Za-z])[xX]+(?![A-Za-z])")
_BRACKET = re.compile(r"\s*[(\[【]([^()\[\]【】]*)[)\]】]$")
_NOTES = {
    "女", "男", "大", "小", "新", "旧", "代", "本人", "离职", "已离职", "在职", "停用", "退出", "正式", "预备", "党员",
    "组长", "站长", "队长", "兼职", "全职", "专送", "众包", "流动", "外卖", "骑手", "司机", "实习",
}  # fmt: skip
_TITLES = re.compile("(?<=.)(师傅|先生|女士|小姐|同志)$")
_FORMER = re.compile(
    r"\s*[(\[【〔<{]?\s*(?:曾用名|曾用|曾名|原用名|原名|又名|别名|本名|现用名|现名)(?:[::为是叫]|\s)*"
    r"([^()\[\]【】〔〕<>{}]*)[)\]】〕>}]?\s*$"
)
_BETWEEN = re.compile(r"[、,;/|\s]+|和|及")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u26ff\u2700-\u2716\u2718-\u2730\u2732-\u273a\u273c-\u27bf\u2b00-\u2bff\u20e3\u231a-\u23ff]"
)
_EDGES = re.compile(r"^[\s!\"#$%&'+,\-./:;=@\\^_`|~、。!]+|[\s!\"#$%&'+,\-./:;=@\\^_`|~、。!]+$")
_READ = re.compile(
    r"(?:[^\W\d_]|[*·□?' .\-〇々\u2ff0-\u2fff\u2e80-\u2fdf\ue000-\uf8ff\U000f0000-\U0010ffff]"
    r"|[\u0300-\u036f])*"
)
"""What a name is written with: letters, masks, dots, the sign for a lost character, components, private characters."""
_UNIT = re.compile("(公司|企业|合伙|中心|合作社|委员会|厂|店|商行|经营部|工作室)$")
NOT_A_NAME = "not_a_name"
_EXAMPLE = re.compile(r"^(?:(?:填写)?(?:示例|样例|范例)|例(?:如)?[::]|(?:必填|选填|非必填)(?:项)?(?:[::,(]|$))")
"""The rows under a template's header that show how to fill it in."""


def clean_name(cell: Cell) -> Cleaned:
    """A name, masked characters as `*`, the middle dot as `·`; null with a repair when the cell holds no name."""
    if (
        isinstance(cell, str)
        and _PLAIN.fullmatch(cell)
        and "某" not in cell
        and cell[-2:] not in _TITLE_WORDS
        and not _EXAMPLE.match(cell)
    ):
        if means_nothing(cell):
            return Cleaned(None, ("placeholder",))
        return Cleaned(None, (NOT_A_NAME,)) if means_no_person(cell) else Cleaned(cell)
    original = cell_text(cell)
    text, repairs = narrow(original)
    if means_nothing(text) or text == "0":
        return Cleaned(None, ("placeholder",)) if text else blank(original, repairs)
    result = list(repairs)
    for repair, change in _CHANGES:
        changed = change(text)
        if changed != text:
            text = changed
            result.append(repair)
    return _judged(text, result)


def former_names(cell: Cell) -> tuple[str, ...]:
    """The other names a cell gives beside the first: `王皓衡（曾用名：王强）` gives 王强."""
    match = _FORMER.search(narrow(cell_text(cell))[0])
    parts = _BETWEEN.split(match[1]) if match and match.start() else []
    names = [clean_name(part) for part in parts if part]
    return tuple(dict.fromkeys(entry.value for entry in names if entry.value))


def _former(text: str) -> str:
    match = _FORMER.search(text)
    return text[: match.start()] if match else text


def _judged(text: str, repairs: list[str]) -> Cleaned:
    if _EXAMPLE.match(text) or means_no_person(text):
        return Cleaned(None, merged([*repairs, NOT_A_NAME]))
    letters = sum(character.isalpha() for character in text)
    if len(text) >= 5 and _UNIT.search(text):
        return Cleaned(None, merged([*repairs, "not_a_person"]))
    if len(text) > 40 or any(character.isdigit() for character in text) or not (letters or _has_rare(text)):
        return Cleaned(None, merged([*repairs, NOT_A_NAME]))
    return Cleaned(text, merged(repairs if _READ.fullmatch(text) else [*repairs, "odd_sign"]))


def _has_rare(text: str) -> bool:
    """A private-use character, or signs in place of characters beside at least one that can be read."""
    return bool(_HAN.search(text))


def _stars(text: str) -> str:
    text = _STARS.sub("*", text)
    if not _HAN.search(text):
        return text
    return _LETTER_MASK.sub(lambda result: "*" * len(result[0]), text).replace("某", "*")


def _dots(text: str) -> str:
    return _DOTS.sub("·", text).strip("·")


def _spaces(text: str) -> str:
    return BLANKS.sub("", text) if _HAN.search(text) else BLANKS.sub(" ", text)


def _note(text: str) -> str:
    match = _BRACKET.search(text)
    return text[: match.start()] if match and match[1].strip() in _NOTES and match.start() > 0 else text


def _title(text: str) -> str:
    return _TITLES.sub("*", text) if _HAN.match(text) and len(text) <= 4 else text


def _number(text: str) -> str:
    """`李强2`: platforms number a second account of the same name."""
    return re.sub(r"(?<=[^\W\d_])\d{1,2}$", "", text) if _HAN.search(text) and len(text) >= 3 else text


_TITLE_WORDS = {"师傅", "先生", "女士", "小姐", "同志"}
_CHANGES = (
    ("former_name", _former),
    ("emoji", lambda text: _EMOJI.sub("", text)),
    ("bracket_note", _note),
    ("edge_sign", lambda text: _EDGES.sub("", text)),
    ("spaces", _spaces),
    ("mask_character", _stars),
    ("middle_dot", _dots),
    ("title_word", _title),
    ("number_suffix", _number),
)
