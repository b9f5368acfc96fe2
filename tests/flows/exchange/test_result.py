"""A result names own entries by place alone, is taken from whom the agreement says, and not where it names chaff."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows.exchange.agreement import ExchangeAgreement, load_agreement, make_agreement
from flows.exchange.importing import _find
from flows.exchange.own_list import Own
from flows.exchange.result import FoundPair, Result, read_result, write_result
from flows.exchange.rules import rules
from schemas.errors import InputError

DAY = date(2026, 11, 20)
RESULT = Result(
    version=1, exchange="2026-0003", district="甲区", other="乙区", contact="组织科", own_digest="a", other_digest="b",
    checked_away=0, two_candidates=0, pairs=(FoundPair(number=1, member_here=True, entries=(7, 5)),),
)  # fmt: skip


def agreed(folder: Path, third_party: str = "") -> ExchangeAgreement:
    make_agreement(folder / "key", "2026-0003", ("甲区", "乙区"), DAY, third_party=third_party)
    return load_agreement(folder / "key")


def test_an_unsealed_result_is_taken_only_where_a_third_party_was_agreed_on(tmp_path: Path) -> None:
    direct, by_third = agreed(tmp_path / "1"), agreed(tmp_path / "2", "市委社会工作部")
    write_result(tmp_path / "unsealed", RESULT, None)
    assert read_result(tmp_path / "unsealed", by_third) == RESULT
    with pytest.raises(InputError, match="校验不符"):
        read_result(tmp_path / "unsealed", direct)
    write_result(tmp_path / "sealed", RESULT, direct)
    assert read_result(tmp_path / "sealed", direct) == RESULT
    with pytest.raises(InputError, match="校验不符"):
        read_result(tmp_path / "sealed", by_third)


def test_a_pair_of_chaff_or_of_two_persons_makes_the_whole_result_untrusted() -> None:
    per_person = rules().tokens_per_member
    own = {("members", 1): Own({5: "h", 7: "i"}, ["token"])}
    assert per_person == 5
    found = _find(RESULT, RESULT.pairs[0], own, DAY)
    assert (found["rule"], found["tokens"], found["standing"]) == ("i", ["token"], "member_here")
    for entries in ((6,), (7, 12), (12,)):
        with pytest.raises(InputError, match="没有导出过"):
            _find(RESULT, FoundPair(number=2, member_here=True, entries=entries), own, DAY)


def test_an_agreement_has_two_districts_a_number_and_an_end(tmp_path: Path) -> None:
    for number, districts, more in (
        ("3", ("甲区", "乙区"), {}), ("2026-0003", ("甲区", "甲区"), {}), ("2026-0003", ("甲区", " "), {}),
        ("2026-0003", ("甲区", "乙区"), {"expires_on": date(2027, 11, 20)}),
        ("2026-0003", ("甲区", "乙区"), {"expires_on": date(2026, 11, 19)}),
    ):  # fmt: skip
        with pytest.raises(InputError, match="约定写得不对"):
            make_agreement(tmp_path / "key", number, districts, DAY, **more)
    made = agreed(tmp_path)
    assert oct((tmp_path / "key").stat().st_mode & 0o777) == "0o600"
    assert made.secret not in repr(made)
    assert len({made.key(purpose) for purpose in ("token", "file", "result", "check name", "check sex")}) == 5
    with pytest.raises(InputError, match="不覆盖"):
        agreed(tmp_path)
