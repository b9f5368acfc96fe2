"""Causes tell what happened: one district, two nights, a case per surname."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from sqlalchemy.orm import Session

import flows.ledger
from flows.drift.keys import key_tokens, packed
from flows.home.store import Judged, Lead, opened_store
from flows.home.store.source_numbers import number_token
from flows.ledger import build_ledger, build_persons, publish
from flows.ledger.judging import judged_pairs
from flows.ledger.publish.changes import CAUSES
from flows.ledger.publish.read import current_version
from flows.run.context import RunContext
from flows.scope import place_rows
from flows.units.build import build_step
from reports.causes import cause_text
from schemas.contracts import shipped_sources
from schemas.policy import load_policy
from schemas.store import SourceNight
from schemas.words import words
from tests.flows.ledger.district import AS_OF, KEY, District, context, number_of

NEXT = AS_OF + timedelta(days=1)
_LEDGER = Path(flows.ledger.__file__).parent


def first_night() -> District:
    made = District()
    for turn, name in enumerate(("赵一", "钱一", "李一", "冯一")):
        person = made.member(name, number_of(turn), member_no=None if name == "赵一" else f"M{turn}", lost_contact=True)
        made.worker(name, number_of(turn), person, record_id=f"W{turn}")
    waiting = made.member("孙一", number_of(10), member_no="M10")
    made.worker("孙一", None, waiting, decision="review", declared_member=True, record_id="W10")
    wrong = made.member("吴一", number_of(11), member_no="M11", lost_contact=True)
    made.member("郑一", number_of(12), member_no="M12")
    made.worker("吴一", number_of(13), wrong, record_id="W11")
    made.worker("卫一", number_of(15), record_id="W15")
    made.worker("蒋一", number_of(16), record_id="W16")
    moved = made.member("沈一", number_of(18), member_no="M18")
    made.worker("沈一", number_of(18), moved, record_id="W18")
    made.worker("沈一", number_of(18), moved, record_id="W19")
    return made


def second_night() -> District:
    made = District()
    made.worker("赵一", number_of(0), record_id="W0")  # no roll entry any more, the row still comes
    made.worker("钱一", number_of(1), record_id="W1")
    made.member("李一", number_of(2), member_no="M2", lost_contact=True)  # the row went
    kept = made.member("冯一", number_of(3), member_no="M3", lost_contact=True)
    made.worker("冯一", number_of(3), kept, record_id="W3")
    waiting = made.member("孙一", number_of(10), member_no="M10")
    made.worker("孙一", None, waiting, decision="reject", declared_member=True, record_id="W10")
    wrong = made.member("吴一", number_of(11), member_no="M11", lost_contact=True)
    right = made.member("郑一", number_of(12), member_no="M12")
    row = made.worker("吴一", number_of(13), wrong, decision="reject", record_id="W11")
    made.decide(row, right, "link", "strong")
    for turn, name in ((14, "陈一"), (15, "卫一"), (16, "蒋一")):
        number = f"M{turn}" if name != "蒋一" else "M160"
        person = made.member(name, number_of(turn), member_no=number)
        made.worker(name, number_of(turn), person, record_id=f"W{turn}")
    made.inflow("floating_members", "沈一", number_of(18), record_id="F18")
    moved = made.member("沈一", number_of(18), member_no="M18")
    made.register("floating_members", moved, record_id="F18")
    made.worker("沈一", number_of(18), moved, record_id="W18")
    return made


def play(district: District, run: RunContext) -> None:
    """One night with what persons judged, published; its record numbers are remembered."""
    con = duckdb.connect()
    district.put(con)
    con.execute("create table scored as select left_id, right_id from decided")
    place_rows(con, run)
    judged_pairs(con, run)
    build_step(con, run)
    build_persons(con, run)
    build_ledger(con, run)
    publish(con, run)
    with opened_store(run.home) as store, Session(store.engine) as session, session.begin():
        for name in ("platform", "party_members"):
            tokens = key_tokens(con, run, shipped_sources()[name])
            assert tokens is not None
            night = {"source": name, "run_id": run.run_id, "as_of": run.as_of, "quality": {}}
            session.add(SourceNight(**night, keys=packed(tokens)))
    con.close()


@pytest.fixture(scope="module")
def causes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str, str]]:
    """Surname: what changed on the second night and why."""
    root = tmp_path_factory.mktemp("causes")
    play(first_night(), context(root))
    home = context(root).home
    current = current_version(home, KEY)
    assert current
    key_of = {row["name_masked"][0]: row["person_key"] for row in current.table("ledger").to_pylist()}
    (pair,) = [row["pair_id"] for row in current.table("review").to_pylist()]
    with opened_store(home) as store:
        store.add_lead_event(Lead(key_of["钱"], "L1", "已确认", "街道甲", AS_OF))
        store.judge(pair, Judged("not_link"), "甲", AS_OF)
    deny(root, key_of["吴"])
    play(second_night(), context(root, NEXT, run_id="run-2"))
    newest = current_version(home, KEY)
    assert newest
    names = {key: name for name, key in key_of.items()}
    names |= {row["person_key"]: row["name_masked"][0] for row in newest.table("ledger").to_pylist()}
    rows = newest.table("changes").to_pylist()
    return {names[row["person_key"]]: (row["change"], row["cause"], cause_text(row)) for row in rows}


def deny(root: Path, person_key: str) -> None:
    """The street found that the rows tied to the person are not theirs."""
    from flows.ledger.checks import LeadAnswer, record_answer
    from flows.ledger.publish.look import show

    run = context(root)
    with opened_store(run.home) as store:
        row = show(run.home, person_key)["row"]
        record_answer(store, run.policy.leads, row, row["primary_status"], LeadAnswer("非本人", "街道甲", AS_OF))


@pytest.mark.parametrize(
    ("name", "change", "cause", "text"),
    [
        ("赵", "removed", "roll_change", "党员名册有变动：名册中已无此人"),
        ("钱", "removed", "roll_change", "党员名册有变动：名册中已无此人"),
        ("李", "changed", "left", "从业记录已全部撤下，按规则保留一段时间后移出"),
        ("孙", "added", "judgement", "人工判断：人工核对为不是同一人"),
        ("吴", "removed", "judgement", "人工判断：人工核对为不是同一人"),
        ("郑", "added", "judgement", "人工判断：人工核对为不是同一人"),
        ("陈", "added", "new_source_row", "来源新增记录"),
        ("卫", "added", "roll_change", "党员名册有变动：新增此人"),
        ("蒋", "added", "roll_change", "党员名册有变动：新增此人"),
        ("沈", "changed", "floating_change", "流动党员登记有变动"),
        ("冯", "changed", "moved", "仅来源文件名或行号变动，内容未变"),
    ],
)
def test_a_cause_tells_what_happened(
    causes: dict[str, tuple[str, str, str]], name: str, change: str, cause: str, text: str
) -> None:
    assert causes.get(name) == (change, cause, text)


def test_a_number_has_one_token_alone_and_in_a_whole_source(tmp_path: Path) -> None:
    run, con = context(tmp_path, date(2026, 11, 20)), duckdb.connect()
    first_night().put(con)
    tokens = key_tokens(con, run, shipped_sources()["platform"])
    assert tokens is not None
    secret = KEY.purpose("source keys")
    assert number_token(secret, "W0") in tokens.column("record").to_pylist()
    assert number_token(secret, "W99") not in tokens.column("record").to_pylist()


def test_every_cause_has_one_word_and_every_word_its_cause() -> None:
    """Codes are looked for where causes are made; what is neither read from nor written to a ledger has no word."""
    made = {
        word
        for path in ("publish/changes.py", "publish/rollback.py")
        for word in re.findall(r'"([a-z_]+)"', (_LEDGER / path).read_text("utf-8"))
    } | {f"{role}_change" for role in ("roll", "transfer", "floating")}
    assert set(CAUSES) <= made, sorted(set(CAUSES) - made)
    told = [word for kind in ("causes", "endings", "taken_in", "answers") for word in words(kind).values()]
    assert len(set(told)) == len(told), "one word for one code"
    assert all(word and "：" not in word for word in told)


def test_every_ending_of_a_lead_has_its_word_and_every_word_its_ending() -> None:
    script = (_LEDGER / "leads.sql").read_text("utf-8")
    known = {*words("endings"), *words("taken_in"), *words("answers")}
    answered = set(load_policy().leads.causes.values())
    said = set(re.findall(r"'([a-z_]+)'", script.split("-- What ended it.")[1].split("as cause")[0]))
    assert said - {"declared"} == set(words("endings"))  # a kind of person, no ending
    assert {code for code in known if f"'{code}'" in script} | answered == known
