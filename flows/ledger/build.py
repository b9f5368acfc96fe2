"""One row per person of the ledger, with review and coverage beside it, ready to be published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from flows.home.store import Lead, Store, opened_store
from flows.landing.expected import carried_files, given_up
from flows.ledger.checks import PERSON
from flows.ledger.contradictions import contradictions
from flows.ledger.coverage import build_coverage
from flows.ledger.facts import has_relation
from flows.ledger.hosts import choose_hosts
from flows.ledger.identity import assign_keys
from flows.ledger.judging import JUDGED
from flows.ledger.keys_moved import follow, merges
from flows.ledger.leaving import find_leavers, settle_leavers
from flows.ledger.organisations import put_lodged_letters, put_organisation_texts, register_of
from flows.ledger.publish.read import Published, current_version
from flows.ledger.published_cells import without_numbers
from flows.ledger.redact import Redactor
from flows.ledger.relations import relation
from flows.ledger.remits import write_remit_judgements
from flows.ledger.review import build_review
from flows.ledger.sql import count, put, put_rows, run_sql
from flows.organisations import OrganisationRegister
from flows.run.context import RunContext
from flows.run.questions import ask_senders
from flows.run.stepbook import CountValues
from matchers.relations import make
from schemas.contracts import ledger_table
from schemas.policy import Leads, load_policy
from schemas.words import words

_TEXT = pa.string()


def build_ledger(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Write `ledger`, `review` and `coverage`; counts for the summary."""
    previous = current_version(run.home, run.key)
    if not has_relation(con, "judged_pairs"):
        put(con, "judged_pairs", JUDGED.empty_table())
    with opened_store(run.home, run.settings.store_url) as store:
        store.settle(previous.version if previous else None)
        _put_previous(con, previous)
        run_sql(con, "rows.sql")
        _lay_out_registers(con, run)
        assign_keys(con, run, store)
        _put_store(con, store, run.policy.leads)
        write_remit_judgements(con, run, store)
        checked = {"person": PERSON, "settled": list(run.policy.leads.settled_states)}
        make(con, "checked_people", _CHECKED_PEOPLE, checked)
        redactor = put_clean_ids(con, run)
        run_sql(con, "work_left.sql", as_of=run.as_of, person=PERSON, not_working=run.policy.leads.not_working)
        organisations = register_of(con, run)
        _decide(con, run, organisations)
        put_clean(con, redactor)
        _put_words(con, run, store.sources_seen(besides=run.run_id))
        run_sql(con, "draft.sql", as_of=run.as_of)
        find_leavers(con, run, store)
    settle_leavers(con, run, organisations)
    _finish(con, run)
    build_review(con, run, redactor)
    build_coverage(con, run, redactor)
    _take_out_numbers(con, redactor)
    return {**_counts(con, run), "warnings": ask_senders(con, "ledger", contradictions(con))}


def _take_out_numbers(con: duckdb.DuckDBPyConnection, redactor: Redactor) -> None:
    """No text that will be published holds an ID or a mobile number, those carried from earlier versions included."""
    for name in ("ledger", "review", "coverage", "units_published"):
        table = relation(con, name)
        clean = without_numbers(table, redactor)
        if clean is not table:
            put(con, name, clean)


def _decide(con: duckdb.DuckDBPyConnection, run: RunContext, organisations: OrganisationRegister) -> None:
    """Homes, statuses and host organisations of tonight's persons, whose registers `registers.sql` laid out."""
    policy = run.policy
    letters = policy.letters
    put_organisation_texts(con, organisations)
    run_sql(
        con,
        "homes.sql",
        as_of=run.as_of,
        received_state=letters.received_state,
        pending_states=list(letters.pending_states),
    )
    put_lodged_letters(con, organisations)
    run_sql(
        con,
        "statuses.sql",
        works_before=_months_before(run.as_of, policy.affiliation.works_here_months),
        returned_state=letters.returned_state,
        status_order=list(policy.statuses.order),
        accusing=list(policy.statuses.accusing),
    )
    run_sql(con, "own.sql")
    choose_hosts(con, run, organisations)


def _lay_out_registers(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Registry rows, work and letters of tonight's persons."""
    letters = run.policy.letters
    run_sql(
        con,
        "registers.sql",
        as_of=run.as_of,
        letter_days=letters.valid_days,
        received_state=letters.received_state,
        returned_state=letters.returned_state,
    )


def _months_before(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(f"no day {day.day} in {year}-{month + 1}")


def _when(lead: Lead) -> tuple[date, int]:
    return lead.checked_on, lead.number


def _put_store(con: duckdb.DuckDBPyConnection, store: Store, rules: Leads) -> None:
    """Lead states, organisations that took people in and open objections, by person key; a merged key's work follows
    its person."""
    moved = merges(store, con.execute("select old_key, new_key, event from key_events order by all").fetchall())
    leads = {(follow(moved, one.person_key), one.code): one for one in sorted(store.leads(), key=_when)}
    rows = [
        (
            key,
            code,
            one.state,
            one.checked_by,
            one.checked_on,
            one.basis,
            one.answer,
            rules.causes.get(one.answer or ""),
        )
        for (key, code), one in sorted(leads.items())
    ]
    columns = {"person_key": _TEXT, "code": _TEXT, "state": _TEXT, "checked_by": _TEXT, "checked_on": pa.date32()}
    put_rows(con, "lead_states", {**columns, "basis": pa.list_(_TEXT), "answer": _TEXT, "cause": _TEXT}, rows)
    said = {follow(moved, one.person_key): one for one in sorted(store.hosts(rules.excluded_state), key=_when)}
    hosts = [(key, one.host.code, one.host.name) for key, one in sorted(said.items()) if one.host]
    put_rows(con, "hosts_said", {"person_key": _TEXT, "org_code": _TEXT, "org_name": _TEXT}, hosts)
    erased = sorted({follow(moved, key) for key in store.erased()})
    put_rows(con, "erased_persons", {"person_key": _TEXT}, [(key,) for key in erased])
    objections = sorted({follow(moved, key) for key in store.open_objections()})
    put_rows(con, "open_objections", {"person_key": _TEXT}, [(key,) for key in objections])


def _put_previous(con: duckdb.DuckDBPyConnection, previous: Published | None) -> None:
    for name in ("ledger", "review"):
        contract = ledger_table(name)
        empty = pa.schema([field.with_nullable(True) for field in contract.schema]).empty_table()
        put(con, f"previous_{name}", previous.table(name) if previous else empty)


def _put_moved_tokens(con: duckdb.DuckDBPyConnection, pairs: list[tuple[str, str]]) -> None:
    """Write `moved_tokens`: old_token, new_token of people whose old token a version shows, after a change of keys."""
    shown = con.execute("select id_token from previous_ledger where id_token is not null").fetchall()
    known = {token for (token,) in shown}
    put_rows(
        con, "moved_tokens", {"old_token": _TEXT, "new_token": _TEXT}, [pair for pair in pairs if pair[0] in known]
    )


def put_clean_ids(con: duckdb.DuckDBPyConnection, run: RunContext) -> Redactor:
    """Write `id_tokens`, `moved_tokens` and `clean_numbers`; the redactor with tonight's names."""
    make(
        con,
        "person_facts_ids",
        "select person_id, max(id_number) as full_id from ("
        "  select p.person_id, r.id_number from persons p join ledger_registry r using (registry_id)"
        "  where r.id_kind = 'full' union all"
        "  select p.person_id, w.id_number from persons p, unnest(p.worker_row_keys) x(row_key)"
        "  join ledger_rows w on w.row_key = x.row_key where w.id_kind = 'full' and p.registry_id is null"
        ") group by person_id",
    )
    ids = con.execute("select person_id, full_id from person_facts_ids order by person_id").fetchall()
    tokens = [(person, *run.key.id_tokens(full)) for person, full in ids]
    put_rows(con, "id_tokens", {"person_id": pa.int64(), "id_token": _TEXT}, [one[:2] for one in tokens])
    _put_moved_tokens(con, [(old, new) for _, new, *olds in tokens for old in olds])
    names = con.execute("select distinct name from person_rows where name not like '%*%' and length(name) >= 2")
    redactor = Redactor(run.key, frozenset(name for (name,) in names.fetchall()))
    put_clean_numbers(con, redactor)
    return redactor


def put_clean(con: duckdb.DuckDBPyConnection, redactor: Redactor) -> None:
    """Write `clean_texts` and `clean_files`: every text that may be published, and what is."""
    _put_cleaned(con, "clean_texts", _TEXTS, redactor.text)
    _put_cleaned(con, "clean_files", _FILES, redactor.file)


def put_clean_numbers(con: duckdb.DuckDBPyConnection, redactor: Redactor) -> None:
    """Write `clean_numbers`: text, clean; one row per number of `ledger_rows` or of an organisation.

    Only those with digits enough for a phone, and names, are looked at one by one; the others are published as they
    are.
    """
    make(con, "numbers", _NUMBERS)
    _put_cleaned(con, "clean_long_numbers", _LONG_NUMBERS, redactor.number)
    make(con, "clean_numbers", _CLEAN_NUMBERS)


def _put_cleaned(con: duckdb.DuckDBPyConnection, name: str, query: str, clean: Callable[[str], str | None]) -> None:
    rows = sorted((value, clean(value)) for (value,) in con.execute(query).fetchall() if value is not None)
    put_rows(con, name, {"text": _TEXT, "clean": _TEXT}, rows)


_CHECKED_PEOPLE = """
select k.person_id from lead_states s join person_keys k using (person_key)
where s.code = $person and list_contains($settled::varchar[], s.state)
"""
_FILES = """
select distinct unnest([file, sheet]) from (select file, sheet from ledger_rows union select file, sheet from orgs)
"""
_NUMBERS = """
select distinct text from (
    select record_id as text from ledger_rows
    union all select member_no from ledger_rows
    union all select record_id from orgs
) where text is not null
"""
_CLEAN_NUMBERS = """
select n.text, if(l.text is null, n.text, l.clean) as clean from numbers n left join clean_long_numbers l using (text)
"""
# Digits enough for a phone, and one of the forms that spoken_numbers.py reads: in one group, or in several.
_LONG_NUMBERS = r"""
select text from numbers
where length(regexp_replace(text, '[^\p{N}〇零○一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两]', '', 'g')) >= 11
    and (
        regexp_matches(text, '(^|[^0-9])[0-9]{0,5}1[3-9][0-9]{9}([^0-9]|$)')
        or regexp_matches(text, '(^|[^0-9])[1-9][0-9]{5}(19|20)[0-9]{9}[0-9Xx]')
        or regexp_matches(text, '(^|[^0-9])([0-9]{15}|[0-9]{22,})([^0-9]|$)')
        or regexp_matches(text, '[^ -~]|[0-9][^0-9A-Za-z]+[0-9]')
    )
union select text from numbers where text in (select name from person_rows)
"""
_TEXTS = """
select distinct unit_name as text from person_work
union select distinct platform from person_work
union select org_name from homes
union select org_name from orgs
union select unit_name from roll_of
union select name from units
union select branch from units
union select unnest(list_transform(spellings, one -> one.text)) from units
union select unnest([left_text, right_text]) from unit_doubts
"""


def _put_words(con: duckdb.DuckDBPyConnection, run: RunContext, seen_before: frozenset[str]) -> None:
    """The host rules' sentences, and the sources whose rows are not all here tonight, if any ever came."""
    rules = {**load_policy().hosts.rules, **run.policy.hosts.rules}
    groups: list[str | None] = [None, *run.policy.trades]
    texts = [(rule, group, text.format(group=group or "")) for rule, text in rules.items() for group in groups]
    put_rows(con, "host_rule_texts", {"rule": _TEXT, "grp": _TEXT, "text": _TEXT}, texts)
    states = con.execute(
        "select source, bool_or(state = 'read'), bool_or(state = 'refused') from stage_files group by 1"
    )
    seen = {source: (read, refused) for source, read, refused in states.fetchall()}
    gone = given_up(run)
    missing = [
        (name,)
        for name, contract in run.contracts.items()
        if contract.role != "organisation"
        and name not in gone
        and (name in seen or name in seen_before or not seen_before)
        and (contract.snapshot == "increment" or not seen.get(name, (False, False))[0] or seen[name][1])
    ]
    put_rows(con, "sources_incomplete", {"source": _TEXT}, missing)


def _finish(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Carried people joined to tonight's, leads opened and closed, objections obeyed: the relation `ledger`."""
    leads, policy, contract = run.policy.leads, run.policy, ledger_table("ledger")
    values: dict[str, Any] = {
        "as_of": run.as_of,
        "status_order": list(policy.statuses.order),
        "accusing": list(policy.statuses.accusing),
        "received_state": policy.letters.received_state,
        "first_state": leads.first_state,
        "excluded_state": leads.excluded_state,
        "objection_state": leads.objection_state,
        "withheld": list(contract.withheld),
        "dating": list(contract.dating),
        "withheld_reason": words("withheld")["match_reason"],
        "confirmed_state": leads.confirmed_state,
        "taken_in_state": leads.taken_in_state,
        "taken_in_codes": list(leads.taken_in_codes),
        "closed_state": leads.closed_state,
        "closed_days": leads.closed_days,
        "ended_days": leads.ended_days,
        "settled_states": list(leads.settled_states),
        "keep_days": policy.leaving.keep_days,
    }
    came = [(source, file, on) for (source, file), on in carried_files(run).items()]
    put_rows(con, "carried_files", {"source": _TEXT, "file": _TEXT, "came_on": pa.date32()}, sorted(came))
    for script in ("joined.sql", "leads.sql", "stated.sql", "dated.sql"):
        run_sql(con, script, **values)


def _counts(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, int]:
    found = con.execute("select code, count(*) from (select unnest(statuses) as code from ledger) group by code")
    by_code = dict(found.fetchall())
    classes = dict(con.execute("select match_class, count(*) from ledger group by match_class").fetchall())
    return {
        "persons": count(con, "ledger"),
        "review": count(con, "review"),
        "coverage": count(con, "coverage"),
        **{f"status_{code}": by_code.get(code, 0) for code in run.policy.statuses.order},
        **{f"class_{name}": classes[name] for name in sorted(classes)},
        "merged": len(con.execute("select 1 from key_events where event = 'merged'").fetchall()),
    }
