"""No published cell holds an ID or a mobile number, however it is written; a hit stops publication and is not told."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.ledger import verify
from flows.ledger.publish.before import without_old_numbers
from flows.ledger.publish.read import TABLES, current_version
from flows.ledger.published_cells import check_published, without_numbers
from flows.ledger.redact import Redactor, is_personal_number
from flows.ledger.written_numbers import forms_of, numbers_in
from schemas.errors import TableError
from schemas.people import check_digit
from tests.flows.ledger.district import AS_OF, KEY, District, context, night, number_of, publish_as

WRITTEN = {
    "500113-19930129-2833": "500113199301292833",
    "500113 19930129 283 ×": "50011319930129283X",
    "５００１１３１９９３０１２９２８３х": "50011319930129283X",
    "500113.1993.01.29.2833": "500113199301292833",
    "（500113）【19930129】2833": "500113199301292833",
    "500113\u200b19930129\n2833": "500113199301292833",
    "500113-930129-283": "500113930129283",
    "证号500113930129283，店": "500113930129283",
    "138 8118 0380": "13881180380",
    "+8613320893191": "13320893191",
    "8613881180380": "13881180380",
    "0086-138-8118-0380": "13881180380",
    "+86 (138) 8118-0380": "13881180380",
    "013881180380": "13881180380",
    "TEL13881180380转": "13881180380",
    "138·8118·0380": "13881180380",
    "138——8118——0380": "13881180380",
    "①③⑧⑧①①⑧⓪③⑧⓪": "13881180380",
    "一三八八一一八〇三八〇": "13881180380",
    "138/8118/0380": "13881180380",
    "3号楼2-1，138_8118_0380": "13881180380",
}
PLAIN = [
    "2026-11-20 13:45:30", "915001133000000000", "91500113MA5U12345X", "500113000001", "20261120130000123456",
    "渝A·D12345", "云溪街道3-1-2号 023-66668888", "1.38118038012", "12345678901234567890", "第138期 8118 批 0380",
    "50099000001", "138****0380", "500113********2833",
]  # fmt: skip


@pytest.mark.parametrize(("text", "number"), WRITTEN.items())
def test_a_number_is_read_as_a_person_would_read_it(text: str, number: str) -> None:
    assert [found.number for found in numbers_in(text)] == [number]
    assert is_personal_number(text)
    assert not is_personal_number(Redactor(KEY, frozenset()).numbers(text))


@pytest.mark.parametrize("text", PLAIN)
def test_other_figures_stay_as_they_are(text: str) -> None:
    assert list(numbers_in(text)) == []
    assert Redactor(KEY, frozenset()).number(text) == text


def test_several_numbers_of_one_text_are_each_read() -> None:
    texts = (
        "139.8118.0380/13320893191",
        "13981180380 13320893191",
        "1398118038013320893191",
        "13981180380，13320893191",
    )
    for text in texts:
        assert [found.number for found in numbers_in(text)] == ["13981180380", "13320893191"]
    ((number, phone),) = [[found.number for found in numbers_in("50011319930129283313881180380")]]
    assert (number, phone) == ("500113199301292833", "13881180380")
    assert forms_of("500113930129283")[1] == "50011319930129283" + check_digit("50011319930129283")


BETWEEN = st.sampled_from(["", " ", "-", "－", ".", "·", "/", "_", "\u3000", "\u200b", "（", "）", " - ", "\n"])
WIDE = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"}


@given(st.data())
def test_whatever_stands_between_and_before_the_number_is_found(data: st.DataObject) -> None:
    day = data.draw(st.dates(AS_OF.replace(year=1930), AS_OF.replace(year=2008)))
    first = f"500113{day:%Y%m%d}{data.draw(st.integers(100, 999))}"
    phone = f"1{data.draw(st.sampled_from('3456789'))}{data.draw(st.integers(10**8, 10**9 - 1))}"
    number = data.draw(st.sampled_from([first + check_digit(first), phone]))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(number) - 1), max_size=4)))
    parts = [number[one:other] for one, other in zip([0, *cuts], [*cuts, len(number)], strict=True)]
    text = parts[0] + "".join(data.draw(BETWEEN) + part for part in parts[1:])
    prefix = data.draw(st.sampled_from(["", "86", "+86 ", "0086-", "电话"])) if number == phone else "证件"
    written = f"甲{prefix}{text.translate(WIDE) if data.draw(st.booleans()) else text}乙"
    assert [found.number for found in numbers_in(written)] == [number]


def test_units_record_numbers_files_and_streets_of_a_night_are_published_without_numbers(tmp_path: Path) -> None:
    made = District()
    made.org("云溪街道第一党支部 133-2089-3191", "500113000001", street="云溪街道")
    for turn, text in enumerate(WRITTEN, start=1):
        roll = made.member(f"李建{turn}", number_of(turn), member_no=f"M{turn}", ethnicity=f"汉族{text}")
        made.worker(
            f"李建{turn}", number_of(turn), roll, unit_name=f"澜江{text}店", platform=text, record_id=text,
            file=f"{text.replace('/', '_')}.xlsx", sheet=text,
        )  # fmt: skip
    number = made.member("周海波", number_of(60), member_no="+86 138 8118 0380")
    made.worker("周海波", number_of(60), number, record_id="W1")
    night(made, context(tmp_path))
    current = current_version(context(tmp_path).home, KEY)
    assert current is not None
    for name in TABLES:
        table = current.table(name)
        check_published({name: table}, {found.number for text in WRITTEN for found in numbers_in(text)})
        texts = [text for row in table.to_pylist() for text in strings(row)]
        assert not [text for text in texts if is_personal_number(text)], name
    rows = current.table("ledger").to_pylist()
    assert len(rows) == len(WRITTEN) + 1
    assert [row["member_no"] for row in rows if row["name_masked"] == "周*"] == [None]
    assert sum(row["member_no"] is not None for row in rows) == len(WRITTEN)


def strings(value: object) -> list[str]:
    """Every text of a row but its keys and tokens, at any depth."""
    if isinstance(value, dict):
        return [text for name, one in value.items() if name not in _KEYS for text in strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


_KEYS = {"person_key", "id_token", "pair_id", "old_key", "new_key", "before", "after"}


def test_a_cell_with_a_number_of_tonights_people_stops_publication_without_telling_it(tmp_path: Path) -> None:
    ledger = pa.table({"units": pa.array([["澜江配送"], ["138 8118 0380"]]), "name_masked": ["李*", "王*"]})
    for known in ({"13881180380"}, {"13881180380", "13900000000"}):
        with pytest.raises(TableError) as stopped:
            check_published({"ledger": ledger}, known)
        assert (stopped.value.rule, stopped.value.count) == ("personal_number", 1)
        assert "ledger 的“units”一列" in str(stopped.value)
        assert "0380" not in str(stopped.value)
    check_published({"ledger": ledger}, {"13900000000"})
    nobodys = number_of(99)
    with pytest.raises(TableError, match="“suggestion”一列"):
        check_published({"coverage": pa.table({"suggestion": [f"与{nobodys[:6]}-{nobodys[6:]}联建"]})}, set())


def test_what_an_earlier_version_published_is_neither_carried_on_nor_told_again(tmp_path: Path) -> None:
    piece = {"file": "13881180380.xlsx", "record_id": "8613881180380", "row": 3}
    old = pa.table(
        {"person_key": ["p-1"], "member_no": ["013881180380"], "units": [["店138 8118 0380"]], "evidence": [[piece]]}
    )
    redactor = Redactor(KEY, frozenset())
    (row,) = without_numbers(old, redactor).to_pylist()
    assert row["member_no"] is None
    assert row["units"] == [f"店{redactor.numbers('13881180380')}"]
    assert row["evidence"][0]["file"] == redactor.file("13881180380.xlsx")
    assert row["evidence"][0]["record_id"] == redactor.number("8613881180380")
    clean = without_numbers(pa.table({"units": [["云山店"]]}), redactor)
    assert clean.to_pylist() == [{"units": ["云山店"]}]
    change = {
        "before": '{"units":["店138 8118 0380"],"id_token":"a13881180380b"}',
        "source_rows": ["p/138 8118 0380/第3行"],
    }
    told = without_old_numbers(change, redactor.numbers)
    assert told["before"].count("138") == 1, "a token is no number"
    assert not is_personal_number(told["source_rows"][0])


def test_nights_go_on_from_a_version_that_published_numbers(tmp_path: Path) -> None:
    """Under the rules of before, units such as `138 8118 0380店` were published; the next night takes them out."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    person = made.member("李建国", number_of(1), member_no="M1")
    made.worker("李建国", number_of(1), person, unit_name="138 8118 0380店", record_id="W1")
    night(made, context(tmp_path))
    home = context(tmp_path).home
    first = current_version(home, KEY)
    assert first is not None
    ledger, changes = first.table("ledger"), first.table("changes").to_pylist()
    (unit,) = ledger["units"].to_pylist()[0]
    place = ledger.schema.get_field_index("units")
    changes[0]["after"] = changes[0]["after"].replace(unit, "138 8118 0380店")
    told = pa.Table.from_pylist(changes, schema=first.table("changes").schema)
    old = ledger.set_column(place, ledger.schema.field(place), pa.array([["138 8118 0380店"]]))
    publish_as(home, first.version, {"ledger": old, "changes": told})
    assert verify(home, KEY) == []
    night(made, context(tmp_path, AS_OF + timedelta(days=1), run_id="run-2"))
    current = current_version(home, KEY)
    assert current is not None
    assert current.table("ledger")["units"].to_pylist() == [[unit]]
    (change,) = current.table("changes").to_pylist()
    assert "units" in change["columns"]
    assert not is_personal_number(str(change["before"]))
    assert verify(home, KEY) == []


@given(st.floats(0, 200), st.floats(0, 1))
@example(43.7508121234567, 0.5)
def test_a_figure_in_a_change_is_nobodys_number_and_a_text_is(weight: float, probability: float) -> None:
    row = {"match_weight": weight, "match_probability": probability, "person_key": "p-13881180380"}
    clean = pa.table({"after": [json.dumps(row)]})
    check_published({"changes": clean}, {"13881180380"})
    told = pa.table({"after": [json.dumps({**row, "units": ["店 138-8118-0380"]})]})
    with pytest.raises(TableError, match="changes"):
        check_published({"changes": told}, {"13881180380"})
