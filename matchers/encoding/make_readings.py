"""Writes readings.toml: of every character its simplified form and its reading, from OpenCC and pypinyin.

Usage: python -m matchers.encoding.make_readings. Shipped as data because loading both libraries takes longer than
linking a small table; a test holds the file against them.
"""

from __future__ import annotations

from pathlib import Path

from opencc import OpenCC
from pypinyin import Style, pinyin

FIRST, LAST = 0x3400, 0x9FFF
RARE_FIRST, RARE_LAST = 0x20000, 0x323AF


def usual_reading(character: str) -> str:
    """A character's usual reading without tone; itself where it has none."""
    found = pinyin(character, style=Style.NORMAL, errors="default")
    return str(found[0][0]).lower().replace("ü", "v") if found else character


def readings_text() -> str:
    """The file: traditional and simplified characters place by place, and the characters of every toneless syllable."""
    common = [chr(code) for code in range(FIRST, LAST + 1)]
    forms = OpenCC("t2s").convert("\n".join(common)).split("\n")
    simple = [form if len(form) == 1 and FIRST <= ord(form) <= LAST else character
              for character, form in zip(common, forms, strict=True)]  # fmt: skip
    changed = [(character, form) for character, form in zip(common, simple, strict=True) if character != form]
    syllables: dict[str, str] = {}
    for character in (*sorted(set(simple)), *map(chr, range(RARE_FIRST, RARE_LAST + 1))):
        sound = usual_reading(character)
        if sound.isascii():
            syllables[sound] = syllables.get(sound, "") + character
    lines = [
        "# Made by `python -m matchers.encoding.make_readings` from OpenCC and pypinyin; not to be edited.",
        f'traditional = "{"".join(character for character, _ in changed)}"',
        f'simplified = "{"".join(form for _, form in changed)}"',
        "",
        "[syllables]",
        *(f'{sound} = "{letters}"' for sound, letters in sorted(syllables.items())),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("readings.toml").write_text(readings_text(), "utf-8")
