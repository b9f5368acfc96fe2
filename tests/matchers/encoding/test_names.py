from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.encoding.cells import encode_chinese_names
from matchers.encoding.compared_names import compare_name


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("張偉", "张伟"),
        ("阿依·古丽", "阿依古丽"),
        ("阿依．古丽", "阿依•古丽"),
        ("李 四", "李四"),
        ("尼玛 次仁", "尼玛‧次仁"),
    ],
)
def test_written_forms_of_one_name_share_a_key(left: str, right: str) -> None:
    assert compare_name(left).name_key == compare_name(right).name_key


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("单小红", "shan xiao hong"),
        ("仇英", "qiu ying"),
        ("曾丽", "zeng li"),
        ("解明", "xie ming"),
        ("区伟", "ou wei"),
        ("盖洋", "ge yang"),
        ("尉迟恭", "yu chi gong"),
        ("王单", "wang dan"),
    ],
)
def test_surnames_are_read_as_surnames_and_only_there(name: str, sound: str) -> None:
    assert compare_name(name).name_sound == sound


@pytest.mark.parametrize(("left", "right"), [("张伟", "张玮"), ("李艳", "李燕"), ("陈静", "陈晶")])
def test_homophones_sound_alike(left: str, right: str) -> None:
    assert compare_name(left).name_fold == compare_name(right).name_fold


@pytest.mark.parametrize(
    ("name", "like", "kind"),
    [
        ("张*", "张_%", "masked"),
        ("张*三", "张_%三", "masked"),
        ("*三", "_%三", "masked"),
        ("张**", "张_%", "masked"),
        ("张师傅", "张_%", "masked"),
        ("欧阳*", "欧阳_%", "masked"),
        ("王?明", "王_明", "placeholder"),
        ("王□明", "王_明", "placeholder"),
        ("王yan明", "王_明", "placeholder"),
        ("王\ue123明", "王_明", "placeholder"),
    ],
)
def test_hidden_characters_become_a_pattern(name: str, like: str, kind: str) -> None:
    compared = compare_name(name)
    assert (compared.name_like, compared.name_kind) == (like, kind)
    assert compared.name_sound is None


def test_nothing_but_a_mask_is_no_name() -> None:
    assert compare_name("***").name_kind is None


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_text_gives_one_encoded_row_per_name_and_never_raises(names: list[str]) -> None:
    encoded = encode_chinese_names(pa.chunked_array([pa.array(names, pa.string())]))
    assert {len(values) for values in encoded.values()} == {len(names)}


@given(st.text("王伟张三*?", min_size=1, max_size=4))
def test_a_full_name_never_carries_a_pattern(name: str) -> None:
    compared = compare_name(name)
    assert (compared.name_kind == "full") == (compared.name_sound is not None)
    assert not (compared.name_kind == "full" and compared.name_like)
