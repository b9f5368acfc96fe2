"""Drift: what changed against the last published night is said, or stops the run, and never passes silently."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.drift import check_drift, remember_night
from flows.home.store import opened_store
from flows.landing import land, load_manifest, note_dropped_columns, replay
from flows.run.context import RunContext
from flows.run.workspace import open_workspace
from flows.staging.step import stage
from schemas.errors import InputError
from tests.flows.staging.night import AS_OF, ROLL, make_run, put

NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
HEAD = "骑手编号,姓名,身份证号,手机号\n"


def riders(count: int, *, first: int = 0, shift: int = 0, phones: bool = True) -> bytes:
    """Riders R0, R1 … with a name and a phone each; `shift` gives the numbers to other people."""
    rows = (
        f"R{n},王{NAMES[(n + shift) % 20]}{NAMES[(n + shift) // 20 % 20]},,{13810000000 + n if phones else ''}"
        for n in range(first, first + count)
    )
    return (HEAD + "\n".join(rows) + "\n").encode()


class Nights:
    """One home over several nights."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.count = 0

    def run(self, as_of: dt.date, **changes: Any) -> RunContext:
        self.count += 1
        run = make_run(self.place, self.place / f"drop{self.count}", as_of=as_of, **changes)
        return replace(run, run_id=f"{as_of:%Y%m%d}T01300{self.count % 10}Z-ab12")

    def night(self, files: dict[str, bytes], days: int = 0, *, publish: bool = True, **changes: Any) -> list[str]:
        """Land, stage and check one night; remembered when it is published."""
        run = self.run(AS_OF + dt.timedelta(days=days), **changes)
        assert run.drop
        put(run.drop, {"party_members/名册.csv": ROLL + str(self.count).encode() + b",,\n", **files})
        with open_workspace(run.workspace, "k" * 32) as con:
            land(con, run)
            stage(con, run)
            found = check_drift(con, run)
            if publish:
                remember_night(con, run)
        return found


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def rules(lines: list[str]) -> list[str]:
    return [line.split("规则 ")[1].split("。")[0] for line in lines]


def test_the_first_night_and_an_ordinary_next_one_say_nothing(nights: Nights) -> None:
    assert nights.night({"platform/蓝骑1119.csv": riders(60)}) == []
    assert nights.night({"platform/蓝骑1120.csv": riders(55)}, days=1) == []


def test_a_source_that_lost_half_its_rows_is_named_with_both_figures(nights: Nights) -> None:
    nights.night({"platform/蓝骑.csv": riders(60)})
    (line,) = nights.night({"platform/蓝骑.csv": riders(30)}, days=1)
    assert rules([line]) == ["rows_lost"]
    assert "30 行" in line
    assert "60 行" in line


def test_one_file_gone_short_is_seen_though_the_source_grew_and_the_date_in_its_name_moved(nights: Nights) -> None:
    nights.night({"platform/蓝骑1119.csv": riders(60), "platform/闪达1119.csv": riders(60, first=1000)})
    lines = nights.night(
        {"platform/蓝骑1120.csv": riders(20), "platform/闪达1120.csv": riders(200, first=1000)}, days=1
    )
    assert rules(lines) == ["rows_lost"]
    assert lines[0].startswith("platform/蓝骑1120.csv")


def test_a_part_of_the_roll_that_was_read_and_now_is_not_stops_the_night_and_says_why(nights: Nights) -> None:
    head = "党员编号,姓名,身份证号,手机号码\n"
    east, west = (
        head + "".join(f"{n},王{NAMES[n % 20]},,{13810000000 + n}\n" for n in range(first, first + 30))
        for first in (0, 50)
    )
    files = {"party_members/城东.csv": east.encode(), "party_members/城西.csv": west.encode()}
    nights.night(files)
    unread = {"party_members/城西.csv": west.replace("姓名", "同志名", 1).encode()}
    with pytest.raises(InputError, match="会被当成不在册的人") as stopped:
        nights.night({**files, **unread}, days=1)
    assert "不认识的列：同志名" in str(stopped.value)
    assert stopped.value.rule == "rows_lost"


def test_a_column_that_went_empty_is_named(nights: Nights) -> None:
    nights.night({"platform/蓝骑.csv": riders(60)})
    (line,) = nights.night({"platform/蓝骑.csv": riders(60, phones=False)}, days=1)
    assert rules([line]) == ["column_emptied"]
    assert "手机号" in line
    assert "100% 降到 0%" in line


def test_last_months_file_sent_again_is_caught_at_once(nights: Nights) -> None:
    nights.night({"platform/蓝骑10.csv": riders(60)})
    nights.night({"platform/蓝骑11.csv": riders(61)}, days=1)
    (line,) = nights.night({"platform/蓝骑12.csv": riders(60)}, days=2)
    assert rules([line]) == ["same_file"]
    assert AS_OF.isoformat() in line


def test_the_same_bytes_are_fine_the_next_night_and_not_a_month_later(nights: Nights) -> None:
    same = {"platform/蓝骑.csv": riders(60), "party_organisations/组织.csv": "党组织名称\n某支部\n".encode()}
    nights.night(same)
    assert nights.night(same, days=1) == []
    (line,) = nights.night(same, days=30)
    assert rules([line]) == ["same_file"], "the slow source, organisations, may stay as it is"
    assert line.startswith("platform/蓝骑.csv")


def test_numbers_given_to_other_people_are_counted(nights: Nights) -> None:
    nights.night({"platform/蓝骑.csv": riders(60)})
    (line,) = nights.night({"platform/蓝骑.csv": riders(60, shift=1)}, days=1)
    assert rules([line]) == ["key_reused"]
    assert "60 个“骑手编号”换了人" in line


def test_a_corrected_name_or_masked_name_is_nobody_else(nights: Nights) -> None:
    ids = ["500113196903072842", "50011319690307288X", "500113196903072826", "500113196903072869"]
    before = HEAD + "".join(f"R{n},李{NAMES[n]},{one},1390000000{n}\n" for n, one in enumerate(ids))
    after = HEAD + "".join(f"R{n},李{NAMES[n + 9]},{one},1390000000{n}\n" for n, one in enumerate(ids))
    masked = HEAD + "".join(f"R{n},李*,5001****{n},1390000000{n}\n" for n in range(4))
    nights.night({"platform/蓝骑.csv": before.encode()})
    assert nights.night({"platform/蓝骑.csv": after.encode()}, days=1) == []
    assert nights.night({"platform/蓝骑.csv": masked.encode()}, days=2) == []


def test_policy_decides_between_warning_stopping_and_silence(nights: Nights) -> None:
    nights.night({"platform/蓝骑.csv": riders(60)})
    policy = nights.run(AS_OF).policy
    lost = policy.drift.rows_lost

    def with_rule(**changes: Any) -> Any:
        drift = policy.drift.model_copy(update={"rows_lost": lost.model_copy(update=changes)})
        return policy.model_copy(update={"drift": drift})

    few = {"platform/蓝骑.csv": riders(10)}
    with pytest.raises(InputError) as caught:
        nights.night(few, days=1, policy=with_rule(stop_for=("platform",)))
    assert caught.value.rule == "rows_lost"
    assert "本次不发布" in str(caught.value)
    assert nights.night(few, days=1, publish=False, policy=with_rule(action="off")) == []
    assert rules(nights.night(few, days=1)) == ["rows_lost"], "a night that was refused is not what is compared with"


def test_a_source_below_its_least_rows_is_named_from_the_first_night_on(nights: Nights) -> None:
    policy = nights.run(AS_OF).policy
    few = policy.drift.few_rows.model_copy(update={"at_least": {"platform": 100}})
    drift = policy.drift.model_copy(update={"few_rows": few})
    lines = nights.night({"platform/蓝骑.csv": riders(60)}, policy=policy.model_copy(update={"drift": drift}))
    assert rules(lines) == ["few_rows"]


def test_a_replayed_night_is_neither_remembered_nor_its_own_resend(nights: Nights) -> None:
    run = nights.run(AS_OF)
    assert run.drop
    put(run.drop, {"party_members/名册.csv": ROLL, "platform/蓝骑.csv": riders(60)})
    with open_workspace(run.workspace, "k" * 32) as con:
        land(con, run)
        stage(con, run)
        remember_night(con, run)
    again = replace(run, run_id="20261230T013000Z-ffff", as_of=AS_OF, replay=run.landing)
    with open_workspace(again.workspace, "k" * 32) as con:
        replay(con, again)
        stage(con, again)
        assert check_drift(con, again) == []
        remember_night(con, again)
    with opened_store(run.home) as store, store.engine.connect() as connection:
        count = connection.exec_driver_sql("select count(distinct run_id) from source_nights").scalar()
    assert count == 1


def test_what_is_remembered_holds_no_value_of_anybody(nights: Nights) -> None:
    nights.night({"platform/王秀英1119.csv": riders(60)})
    data = b"".join(path.read_bytes() for path in (nights.place / "home" / "state").iterdir())
    for text in ("王秀英", "王伟伟", "13810000001", "500113196903072842"):
        assert text.encode() not in data


def test_columns_no_contract_lists_are_dropped_at_the_door_and_named_in_the_signed_manifest(tmp_path: Path) -> None:
    body = "骑手编号,姓名,手机号,体检结果,13812345679备用\nR1,张三,13812345679,甲乙丙,x\n".encode()
    run = make_run(tmp_path, put(tmp_path / "drop", {"party_members/名册.csv": ROLL, "platform/蓝骑.csv": body}))
    with open_workspace(run.workspace, "k" * 32) as con:
        land(con, run)
        stage(con, run)
        note_dropped_columns(con, run)
        staged = con.execute("select * from stage_platform").fetchall()
    (dropped,) = load_manifest(run.landing, run.key).columns_dropped
    assert (dropped.source, dropped.file) == ("platform", "蓝骑.csv")
    assert "体检结果" in dropped.columns
    assert not any("13812345679" in column for column in dropped.columns)
    assert "甲乙丙" not in str(staged)
