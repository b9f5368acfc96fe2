"""Whole columns as integers say the same as each value read by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matchers.encoding import readings
from matchers.encoding.compared_names import compare_name
from matchers.encoding.ids import KINDS, encode_ids
from matchers.encoding.make_readings import readings_text
from matchers.encoding.names import encode_names
from matchers.encoding.numbers import encode_dates, encode_phones
from matchers.encoding.strings import digests, strings, text_array
from matchers.encoding.text import encode_category

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def with_check(body: str) -> str:
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def places(head: int, tail: int, masks: tuple[int, int]) -> str:
    """The eighteen places as written: digits, X, and * where nothing is shown."""
    shown = ""
    for half, mask in ((head, masks[0]), (tail, masks[1])):
        for place in range(9):
            digit = half >> 4 * place & 15
            shown += ("X" if digit == 10 else str(digit)) if mask >> 4 * place & 15 else "*"
    return shown


ids = st.one_of(
    st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True),
    st.from_regex(r"[0-9*]{17}[0-9X*]", fullmatch=True),
    st.builds(
        with_check, st.from_regex(r"500[0-9]{3}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|2[0-8])[0-9]{3}", fullmatch=True)
    ),
    st.text(max_size=20),
    st.none(),
)


def may_be_made_up(text: str) -> bool:
    """One digit, or a tail of zeros, or a mask around a whole birth date: these may show less than is written."""
    digits = set(text) & set("0123456789")
    return len(digits) <= 1 or len(set(text)) <= 2 or text.endswith("000") or ("*" in text and "*" not in text[6:14])


@example(["000000000000000000", "0000\x80\x80\x80𐀀𐀀"])
@given(st.lists(ids, max_size=6))
def test_an_id_column_shows_exactly_the_places_each_id_shows(column: list[str | None]) -> None:
    found = encode_ids(pa.array(column, pa.string()))
    for row, text in enumerate(column):
        masks = (int(found.head_mask[row]), int(found.tail_mask[row]))
        read = places(int(found.head[row]), int(found.tail[row]), masks)
        if text is None or len(text.encode()) not in (15, 18):
            assert found.kind[row] == KINDS["none"]
            assert read == "*" * 18
        elif len(text.encode()) == 18 and not may_be_made_up(text):
            digits = [letter if letter in "0123456789" else "*" for letter in text.encode().decode("latin1")]
            digits[17] = "X" if text.encode()[17:] in (b"X", b"x") else digits[17]
            assert read == "".join(digits)


@pytest.mark.parametrize(
    ("text", "kind", "birth", "male"),
    [
        ("11010519491231002X", "full", 19491231, 0),
        ("110105194912310021", "invalid", 0, -1),
        ("110105491231002", "full", 19491231, 0),
        ("11010549123100X", "none", 0, -1),
        ("1101051949****002X", "masked", 0, 0),
        ("5***************14", "masked", 0, 1),
        (with_check("11010519901301001"), "invalid", 0, -1),
        ("", "none", 0, -1),
    ],
)
def test_what_an_id_tells(text: str, kind: str, birth: int, male: int) -> None:
    found = encode_ids(pa.array([text]))
    assert (found.kind[0], found.birth[0], found.male[0]) == (KINDS[kind], birth, male)


def test_phones_and_dates() -> None:
    digits, mask = encode_phones(pa.array(["13812345670", "138****5670", None, "1381234567", "一二三四"]))
    assert [hex(int(value)) for value in digits] == ["0x7654321831", "0x7650000831", "0x0", "0x0", "0x0"]
    assert [hex(int(value)) for value in mask] == ["0xfffffffffff", "0xffff0000fff", "0x0", "0x0", "0x0"]
    dates = encode_dates(pa.array(["1990-01-02", "19900102", "1990-1-2", "1990/01/02", "199x0102", None, ""]))
    assert dates.tolist() == [19900102, 19900102, 19900102, 19900102, 0, 0, 0]
    ways = ["02/01/1990", "31/12/1990", "12/31/1990", "1990.1.2", "1990年1月2日", "1990-01-02 08:00:00",
            "1990-01-02T16:00:00", "１９９０／１／２", "13/13/1990", "1990-13-01", "不详"]  # fmt: skip
    assert encode_dates(pa.array(ways)).tolist() == [
        19900102, 19901231, 19901231, 19900102, 19900102, 19900102, 19900102, 19900102, 0, 0, 0
    ]  # fmt: skip
    moment = datetime(1990, 1, 1, 16, tzinfo=UTC)
    assert encode_dates(pa.array([moment], pa.timestamp("us", "UTC"))).tolist() == [19900102]
    assert encode_dates(pa.array([moment.replace(tzinfo=None), None], pa.timestamp("ns"))).tolist() == [19900101, 0]
    stamped = pa.array([date(1990, 1, 2), None], pa.date32())
    assert encode_dates(stamped).tolist() == [19900102, 0]


@given(st.lists(st.text(max_size=30), max_size=8), st.integers(0, 3))
def test_digests_are_equal_where_texts_are_wherever_they_stand(texts: list[str], skipped: int) -> None:
    whole = digests(strings(pa.array(texts, pa.string())))
    part = digests(strings(pa.array(["x" * 9, *texts, "尾"], pa.large_string()).slice(1, len(texts))))
    assert whole.tolist() == part.tolist()
    assert len(set(whole.tolist())) == len(set(texts))
    assert text_array(texts).to_pylist() == texts


@given(
    st.lists(
        st.tuples(st.sampled_from(["", " ", "\u3000", "\t", "\u00a0"]), st.sampled_from(["甲区", "乙", "a b", ""])),
        max_size=6,
    )
)
def test_blanks_around_a_category_do_not_tell(cells: list[tuple[str, str]]) -> None:
    found = encode_category(pa.array([blank + text + blank for blank, text in cells], pa.string()))
    assert found.tolist() == encode_category(pa.array([text for _, text in cells], pa.string())).tolist()


WRITTEN = """
张伟 張偉 张玮 单小曾 單小曾 善小增 欧阳娜娜 歐陽娜娜 欧阳阳 万俟明 单于飞 张* *三 张师傅 李先生 张□三 Mike 曾国藩
曾國藩 增国藩 李·明 李明 王小明 王明小 司马光 司马 阿卜杜拉·热合曼 阿卜杜拉热合曼 𠮷田一 龘龘 张x三 李明明明 李明二三
赵𬸚敏
仇英 解放 区亮 任军 华军 尹正 黑娃 乐嘉 聂乐 张乐 陈宁 陈凝 林苓 张,三 陈A O'Neil
"""
NAMES = [*WRITTEN.split(), "李 明", "李\u3000明"]


def test_encoded_names_are_equal_where_the_names_read_one_by_one_are() -> None:
    found = encode_names(pa.array(NAMES))
    read = [compare_name(name) for name in NAMES]
    for forms, value in ((found.key, "name_key"), (found.sound, "name_sound"), (found.fold, "name_fold")):
        for row, one in enumerate(read):
            for other_row, other in enumerate(read[:row]):
                if one.name_kind == other.name_kind == "full":
                    same = getattr(one, value) == getattr(other, value)
                    assert (forms[row] == forms[other_row]) == same, (NAMES[row], NAMES[other_row], value)
    assert [{0: None, 1: "full", 2: "masked", 3: "placeholder"}[int(kind)] for kind in found.kind] == [
        one.name_kind for one in read
    ]


@settings(max_examples=40)
@given(st.lists(st.text(st.sampled_from("王李張张伟偉明曾单欧阳萬万俟·* ？"), max_size=5), max_size=5))
def test_a_name_is_encoded_alike_alone_and_among_others(names: list[str]) -> None:
    together = encode_names(pa.array(names, pa.string()))
    for row, name in enumerate(names):
        alone = encode_names(pa.array([name]))
        for form in ("key", "sound", "fold", "swap", "length", "kind"):
            assert getattr(alone, form)[0] == getattr(together, form)[row]


@pytest.mark.slow
def test_the_shipped_readings_are_what_the_libraries_say() -> None:
    shipped = Path(readings.__file__).with_name("readings.toml")
    assert shipped.read_text("utf-8") == readings_text()
