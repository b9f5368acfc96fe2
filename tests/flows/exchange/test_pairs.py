"""What two districts' rows must share to be found: the link tiers over tokens, and every veto; the missing before the
wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from flows.exchange.agreement import ExchangeAgreement, load_agreement, make_agreement
from flows.exchange.entries import member_entries, worker_entries
from flows.exchange.matching import Matched, match_files
from flows.exchange.rules import rules
from flows.exchange.sealing import Sealed, padded, sealed_section
from flows.exchange.sides import DistrictSides, without_withheld
from flows.exchange.strength import homophone, worth_a_link
from flows.exchange.token_file import TokenFile, TokenFileHeader
from matchers.engine import Options, embedded
from matchers.model.district import district_model
from schemas.people import check_digit

DAY = date(2026, 11, 20)
_SCHEMA = pa.schema([
    ("row_id", pa.int64()), ("name", pa.string()), ("sex", pa.string()), ("birth_date", pa.string()),
    ("id_number", pa.string()), ("id_kind", pa.string()), ("phones", pa.list_(pa.string())), ("on_roll", pa.bool_()),
])  # fmt: skip


def full_id(first17: str) -> str:
    return first17 + check_digit(first17)


LI = full_id("50011319880517122")
TWIN = full_id("50011319880517126")
OTHER = full_id("51021619790303301")


def row(name: str | None, number: str | None = None, phones: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    kind = None if number is None else ("masked" if "*" in number else "full")
    return {"name": name, "id_number": number, "id_kind": kind, "phones": list(phones), "on_roll": True, **more}


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{"row_id": at, **one} for at, one in enumerate(rows, 1)], _SCHEMA)


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> ExchangeAgreement:
    path = tmp_path_factory.mktemp("agreed") / "k"
    make_agreement(path, "2026-0003", ("甲区", "乙区"), DAY)
    return load_agreement(path)


STRANGERS = [
    row(f"{surname}{given}", full_id(f"5001131{at:02d}0{1 + at % 9}{10 + at % 18}{100 + at}"[:17].ljust(17, "1")),
        [f"1380000{2000 + at}"])
    for at, (surname, given) in enumerate((s, g) for s in "王张刘陈杨" for g in ("伟国", "秀兰", "志强", "海燕"))
]  # fmt: skip


def compared(
    members: Sequence[dict[str, Any]], workers: Sequence[dict[str, Any]], agreed: ExchangeAgreement
) -> tuple[Matched, set[int]]:
    """The members of one district against the workers of another; and the members found, counted from 1."""
    roll, riders = table([*members, *STRANGERS]), table(workers)
    with embedded(Options()) as con:
        ours = member_entries(con, roll, worth_a_link(roll, district_model(), Options()))
    with embedded(Options()) as con:
        theirs = worker_entries(con, riders, 4)
    nothing = worker_entries_of_nobody(agreed)
    sealed = sealed_section("members", ours, rules().tokens_per_member, agreed)
    first = file_of("甲区", sealed, nothing, agreed)
    second = file_of("乙区", None, sealed_section("workers", theirs, rules().tokens_per_worker, agreed), agreed)
    matched = match_files(first, second)
    owner = dict(zip(sealed.persons["block"].to_pylist(), sealed.persons["person"].to_pylist(), strict=True))
    return matched, {owner[pair.entries[0][0] // rules().tokens_per_member] for pair in matched.pairs}


def worker_entries_of_nobody(agreed: ExchangeAgreement) -> Sealed:
    with embedded(Options()) as con:
        return sealed_section("workers", worker_entries(con, table([]), 4), rules().tokens_per_worker, agreed)


def file_of(district: str, members: Sealed | None, workers: Sealed, agreed: ExchangeAgreement) -> TokenFile:
    if members is None:
        with embedded(Options()) as con:
            none = member_entries(con, table([]), set())
        members = sealed_section("members", none, rules().tokens_per_member, agreed)
    header = TokenFileHeader(
        version=1, exchange=agreed.number, district=district, other=agreed.other(district), contact="科室", made_on=DAY,
        expires_on=DAY, members=len(members.section.tokens), workers=len(workers.section.tokens), masks=rules().masks,
    )  # fmt: skip
    return TokenFile(header, members.section, workers.section, district)


MEMBER = row("李晓蕾", LI, ["13958617423"], sex="female", birth_date="1988-05-17")
SURNAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩"
Case = Callable[[str, str, str], dict[str, Any]]
"""From a member's name, ID and phone to a worker's row."""


def six_four(number: str) -> str:
    return f"{number[:6]}********{number[14:]}"


def first_15(number: str) -> str:
    return f"{number[:15]}***"


def ends(phone: str) -> list[str]:
    return [f"{phone[:3]}****{phone[7:]}"]


FOUND: dict[str, Case] = {
    "a full ID and the name": lambda n, i, p: row(n, i),
    "a full ID and a name of one sound": lambda n, i, p: row(f"{n[0]}小雷", i),
    "a full ID and a masked name that fits": lambda n, i, p: row(f"{n[0]}*", i),
    "a full ID and a name whose surname is hidden": lambda n, i, p: row("*晓蕾", i),
    "the name and 6+4": lambda n, i, p: row(n, six_four(i)),
    "the name and the first 15 digits": lambda n, i, p: row(n, first_15(i), id_kind="excel15"),
    "the name and a phone": lambda n, i, p: row(n, None, [p]),
    "the name and a masked phone": lambda n, i, p: row(n, None, ends(p)),
    "a phone beside a mask that agrees": lambda n, i, p: row(n, f"{i[:3]}************{i[15:]}", ends(p)),
    "what else is shown agreeing": lambda n, i, p: row(n, None, [p], sex="female", birth_date=born(i)),
}
NOT_FOUND: dict[str, Case] = {
    "a full ID and another name": lambda n, i, p: row(f"{n[0]}国庆", i),
    "a full ID and a masked name of another surname": lambda n, i, p: row("欧阳*", i),
    "a masked name, 6+4 and a phone": lambda n, i, p: row(f"{n[0]}*", six_four(i), ends(p)),
    "a name alone": lambda n, i, p: row(n),
    "the name and 4+4": lambda n, i, p: row(n, f"{i[:4]}**********{i[14:]}"),
    "the name and the date of birth": lambda n, i, p: row(n, None, (), birth_date=born(i)),
    "6+4 of another": lambda n, i, p: row(n, f"510216********{i[14:]}"),
    "a phone beside a visible digit that differs": lambda n, i, p: row(n, f"510************{i[15:]}", ends(p)),
    "a phone beside another's full ID": lambda n, i, p: row(n, OTHER, [p]),
    "a phone beside another sex": lambda n, i, p: row(n, None, [p], sex="male"),
    "a phone beside another date of birth": lambda n, i, p: row(n, None, [p], birth_date="1988-06-18"),
    "6+4 beside another sex": lambda n, i, p: row(n, six_four(i), sex="male"),
    "a phone that differs where it is masked elsewhere": lambda n, i, p: row(n, None, [f"{p[:3]}4680{p[7:]}"]),
    "a phone under a mask no token answers to": lambda n, i, p: row(n, f"*{i[1:9]}*********", ends(p)),
    "first 15 digits, a twin's name of one sound": lambda n, i, p: row(f"{n[0]}晓磊", first_15(i), id_kind="excel15"),
}


def born(number: str) -> str:
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


def test_what_links_within_a_district_links_over_the_border_and_what_contradicts_does_not(
    agreement: ExchangeAgreement,
) -> None:
    """A member and a worker's row per case, all in one exchange."""
    members, workers, cases = [], [], {**FOUND, **NOT_FOUND}
    assert len(cases) == len(SURNAMES)
    for at, (surname, case) in enumerate(zip(SURNAMES, cases.values(), strict=True)):
        name, number, phone = f"{surname}晓蕾", full_id(f"500113198805{at + 1:02d}122"), f"1395861{7001 + 37 * at}"
        members.append(row(name, number, [phone], sex="female", birth_date=born(number)))
        workers.append(case(name, number, phone))
    _, found = compared(members, workers, agreement)
    assert {case for at, case in enumerate(cases, 1) if at in found} == set(FOUND)


def test_two_members_who_could_both_be_meant_and_a_worker_tied_to_two_are_nobodys(agreement: ExchangeAgreement) -> None:
    twin = row("李晓蕾", TWIN, ["13958610038"])
    shown = row("李晓蕾", f"{LI[:15]}***", id_kind="excel15")
    assert not compared([MEMBER, twin], [shown], agreement)[0].pairs
    other = row("李晓蕾", OTHER, ["13746802917"])
    both = row("李晓蕾", LI, ["13746802917"])
    assert compared([MEMBER, other], [both], agreement)[0].two_candidates == 0, "the phone's token sees the other's ID"
    assert len(compared([MEMBER, other], [both], agreement)[0].pairs) == 1
    torn = row("李晓蕾", None, ["13958617423", "13746802917"])
    found, _ = compared([MEMBER, other], [torn], agreement)
    assert (len(found.pairs), found.two_candidates) == (0, 1)


def test_rows_of_one_worker_on_two_platforms_are_one_pair_and_rows_that_contradict_are_none(
    agreement: ExchangeAgreement,
) -> None:
    rows = [row("李晓蕾", LI, ["13958617423"]), row("李晓蕾", f"{LI[:6]}********{LI[14:]}", ["13958617423"])]
    assert len(compared([MEMBER], rows, agreement)[0].pairs) == 1
    torn = [row("李晓蕾", None, ["13958617423"], sex="male"), row("李晓蕾", None, ["13958617423"], sex="female")]
    assert not compared([MEMBER], torn, agreement)[0].pairs
    office = [row(name, None, ["13958617423"]) for name in ("李晓蕾", "赵国庆", "孙桂芳", "周海涛")]
    assert not compared([MEMBER], office, agreement)[0].pairs


def test_counts_of_a_file_do_not_say_how_many_people_are_behind_it() -> None:
    assert padded(68_921) == padded(68_904) == padded(69_500)
    assert all(padded(count) > count * 1.1 for count in (0, 1, 300, 57_000, 70_000, 1_000_000))


def test_a_homophone_sounds_alike_and_is_written_otherwise() -> None:
    from matchers.encoding.compared_names import compare_name

    one, other = "李晓蕾", homophone("李晓蕾")
    assert other is not None
    assert compare_name(one).name_sound == compare_name(other).name_sound
    assert compare_name(one).name_key != compare_name(other).name_key


def test_nothing_of_a_person_who_objected_or_was_erased_leaves_the_house() -> None:
    roll, riders = table([MEMBER, *STRANGERS]), table([row("李晓蕾", LI), row("赵国庆", OTHER)])
    sides = DistrictSides(roll, riders, (), Path())
    evidence = {name: {at: f"{name} {at}" for at in range(1, 40)} for name in ("members", "workers")}
    left = without_withheld(sides, evidence, {"members 1", "workers 2"})
    assert left.members["on_roll"].to_pylist() == [False] + [True] * len(STRANGERS)
    assert left.workers["name"].to_pylist() == ["李晓蕾"]
    with embedded(Options()) as con:
        sent = member_entries(con, left.members, worth_a_link(left.members, district_model(), Options()))
    assert 1 not in sent.rows["person"].to_pylist()
    assert without_withheld(sides, evidence, ()) is sides
