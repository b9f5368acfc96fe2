"""Numbers that stand for none, words for nothing: what is a dummy and what only looks like one."""

from __future__ import annotations

import pytest

from schemas.people import has_unknown_tail, is_dummy_id, is_dummy_phone, is_valid_id
from schemas.placeholders import means_above, means_left, means_nothing


@pytest.mark.parametrize(
    "number",
    [
        "13800000000", "13900000000", "13800138000", "13888888888", "12345678901", "13812345678", "13987654321",
        "11111111111", "00000000000", "138****0000", "138****8000", "02366666666",
    ],
)  # fmt: skip
def test_a_phone_of_one_digit_counted_up_or_known_by_heart_is_a_dummy(number: str) -> None:
    assert is_dummy_phone(number)


@pytest.mark.parametrize("number", ["19876100000", "13800000001", "138****5678", "138********", "02362812345"])
def test_a_phone_that_only_ends_in_zeros_is_none(number: str) -> None:
    assert not is_dummy_phone(number)


@pytest.mark.parametrize(
    "pattern",
    [
        "1" * 18, "0" * 18, "9" * 18, "123456789012345678", "12345678901234567X", "987654321098765432",
        "111111********1111", "000000********0000", "123456********5678", "500113199002301237", "500113199*13******",
        "500113300001011237", "5001131990**32****",
    ],
)  # fmt: skip
def test_an_id_of_one_digit_counted_up_or_of_an_impossible_birth_is_a_dummy(pattern: str) -> None:
    assert is_dummy_id(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["11010519491231002X", "110105194912310021", "500113********1237", "5****************7", "500113199001011***"],
)
def test_an_id_with_a_wrong_digit_or_a_mask_is_no_dummy(pattern: str) -> None:
    assert not is_dummy_id(pattern)


def test_four_zeros_at_the_end_of_an_id_stand_for_digits_nobody_knew() -> None:
    assert has_unknown_tail("500113199001010000")
    assert has_unknown_tail("500113********0000")
    assert not has_unknown_tail("500113199001011000")
    assert is_valid_id("11010519491231002X")


@pytest.mark.parametrize(
    "text",
    [
        "nan", "NaN", "ＮａＮ", "NULL", "(null)", "（NULL）", "[None]", "<NA>", "None",
        "\\N", "undefined", "#REF!",
        "＃ＲＥＦ！",
        "#N/A", "N / A", "#DIV/0!", "暂无", "暂 无", "不详",
        "（不详）", "【未知】", "未填", "待补", "/", "-", "——", "", " ", "“无”",
    ],
)  # fmt: skip
def test_words_for_nothing_are_known_in_every_dress(text: str) -> None:
    assert means_nothing(text)


@pytest.mark.parametrize("text", ["无锡一站", "空港快递", "南楠", "nana", "吴明", "未来科技", "A", "N", "0"])
def test_a_value_that_holds_such_a_word_is_a_value(text: str) -> None:
    assert not means_nothing(text)


def test_words_for_the_same_are_known_by_their_side() -> None:
    assert all(map(means_above, ["同上", "〃", "（同上）", "″", "''", '"', "同 上", "ditto", "仝上"]))
    assert all(map(means_above, ["同上。", "同上；", "（同上。）", "同上行", "以上同", "〃〃", "〃 〃。", "“同上”，"]))
    assert all(map(means_nothing, ["———", "－－", "--", "/ /", "...", "。", "……", "— —"]))
    assert not any(map(means_nothing, ["**", "√", "×", "-1", "无锡"]))
    assert all(map(means_left, ["同左", "←"]))
    assert not any(map(means_above, ["同上路一站", "", " ", "同左", "无"]))
