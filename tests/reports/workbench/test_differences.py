"""Two texts side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.workbench.differences import compare, marked
from reports.workbench.look import rendered

TEXT = st.text("张三伟炜*0123456789Xx<>&\"' ", max_size=20)


def told(text: str, other: str) -> str:
    """The first text with what differs in brackets and what is hidden in dots."""
    signs = {"same": "{}", "open": "{}", "hidden": "·", "different": "[{}]"}
    return "".join(
        signs[piece.kind].format(piece.text) if piece.kind != "hidden" else "·" * len(piece.text)
        for piece in compare(text, other)[0]
    )


@pytest.mark.parametrize(
    ("text", "other", "shown"),
    [
        ("张伟", "张炜", "张[伟]"),
        ("张伟", "张*", "张伟"),
        ("张*", "张伟国", "张·"),
        ("李*", "张伟国", "[李]·"),
        ("510222199001011108", "510222199001011118", "5102221990010111[0]8"),
        ("510222********1108", "510***********1118", "510222········11[0]8"),
        ("11010119900101123x", "11010119900101123X", "11010119900101123x"),
        ("138****5678", "139****5678", "13[8]····5678"),
        ("欧阳小明", "欧阳晓明", "欧阳[小]明"),
        ("", "张*", ""),
        ("张伟", "", "张伟"),
    ],
)
def test_what_differs_is_marked_and_a_star_neither_agrees_nor_differs(text: str, other: str, shown: str) -> None:
    assert told(text, other) == shown


@given(TEXT, TEXT)
def test_the_pieces_are_the_texts_again_and_no_star_is_called_the_same(left: str, right: str) -> None:
    for text, pieces in zip((left, right), compare(left, right), strict=True):
        assert "".join(piece.text for piece in pieces) == text
        assert all(set(piece.text) == {"*"} for piece in pieces if piece.kind == "hidden")
        assert not any("*" in piece.text for piece in pieces if piece.kind != "hidden")


@given(TEXT)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert not [piece for piece in compare(text, text)[0] if piece.kind == "different"]


@given(TEXT, TEXT)
def test_whatever_a_name_holds_is_text_on_the_page(left: str, right: str) -> None:
    shown = "".join(str(marked(pieces)) for pieces in compare(left, right))
    bare = shown.replace('<span class="c-same">', "").replace('<span class="c-different">', "")
    bare = bare.replace('<span class="c-hidden">', "").replace('<span class="c-open">', "").replace("</span>", "")
    assert "<" not in bare and ">" not in bare and '"' not in bare


def test_a_template_escapes_what_it_is_given() -> None:
    page = rendered("login.html", then='"><script>alert(1)</script>', said="<b>", token="t")  # noqa: S106
    assert "<script>" not in page and "<b>" not in page
