"""Who is not seen at work any more is kept for a while; what the registers settle of them ends all the same."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from flows.ledger.publish.read import current_version
from tests.flows.ledger.district import AS_OF, District, build, context, first_night, ledger_of, number_of

NEXT = AS_OF + timedelta(days=1)
HERE, FAR = ("000610001", "河口街道望江社区第一党支部"), (None, "贵州省遵义市某县大坪镇某村党支部")


def _published(root: Path) -> list[dict[str, Any]]:
    current = current_version(context(root).home)
    assert current is not None
    rows: list[dict[str, Any]] = current.table("ledger").to_pylist()
    return rows


def district(second: bool) -> District:
    """Five members whose rows are gone on the second night, when the roll says what it says of them."""
    made = District()
    made.org(HERE[1], HERE[0])
    rolls = {
        "李一": {"lost_contact": not second},  # back in touch
        "周一": {"lost_contact": True},  # still out of touch
        "吴一": {"membership_state": "正常" if second else "停止党籍"},  # a member in full again
        "郑一": {"branch": HERE if second else FAR},  # moved into a branch here
        "王一": {"branch": FAR},  # still registered elsewhere
    }
    for turn, (name, cells) in enumerate(rolls.items()):
        code, branch = cells.pop("branch", HERE)
        own = {"branch_code": code, "branch_name": branch, **cells}
        person = made.member(name, number_of(turn), member_no=f"M{turn}", **own)
        if not second:
            made.worker(name, number_of(turn), person, record_id=f"W{turn}", started_on=AS_OF - timedelta(days=900))
    made.member("尤一", number_of(9), member_no="M9")
    return made


def test_what_the_roll_settles_ends_though_nobody_sees_the_person_at_work(tmp_path: Path) -> None:
    first_night(district(second=False), context(tmp_path))
    run = context(tmp_path, NEXT, run_id="run-2")
    before = {row["member_no"]: row["statuses"] for row in _published(tmp_path)}
    assert before == {"M0": ["L1"], "M1": ["L1"], "M2": ["S1"], "M3": ["P2"], "M4": ["P2"]}
    con = build(district(second=True), run)
    after = {row["member_no"]: row for row in ledger_of(con)}
    con.close()
    assert {no: row["statuses"] for no, row in after.items()} == {
        "M0": ["N0"], "M1": ["L1"], "M2": ["N0"], "M3": ["N0"], "M4": ["P2"],
    }  # fmt: skip
    assert all("not_seen" in row["flags"] for row in after.values())
    ended = {
        no: [(one["code"], one["state"], one["closed_on"], one["cause"]) for one in row["leads"]]
        for no, row in after.items()
    }
    assert ended["M0"] == [("L1", "已办结", NEXT, "contact_restored")]
    assert ended["M2"] == [("S1", "已办结", NEXT, "membership_restored")]
    assert ended["M3"] == [("P2", "已办结", NEXT, "moved_in")]
    assert [state for _, state, _, _ in ended["M1"] + ended["M4"]] == ["线索", "线索"]
