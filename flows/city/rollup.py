"""One row of figures per district, read from the ledger it published last; nothing of a person leaves this module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flows.city.districts import CityHome
from flows.home.keys import parse_key
from flows.home.store import opened_store
from flows.ledger.publish.read import Published, current_version
from flows.run.runs import RunRecord, list_runs, run_is_going
from flows.serve.running import service_is_running
from reports.city_page import NO_LEAD, OBJECTION, DistrictFigures
from reports.words import RUN_STATES
from schemas.errors import HomeError, SanzhaoError
from schemas.policy import load_policy
from schemas.rules import Rule


def roll_up(districts: Sequence[CityHome]) -> list[DistrictFigures]:
    """Figures of every district; one that cannot be read says why, and the others go on."""
    return _reconciled([_figures(one) for one in districts])


def least_of(districts: Sequence[CityHome]) -> int:
    """The largest of the districts' limits below which a count does not leave."""
    return max([_least(one) for one in districts if one.settings is not None], default=DistrictFigures("", "").least)


def _least(one: CityHome) -> int:
    return load_policy(one.settings.policy if one.settings else None).circulation.least


def _reconciled(found: list[DistrictFigures]) -> list[DistrictFigures]:
    """The same, a district in trouble whose finds are not those that the other district counts (勾稽)."""
    by_name = {one.name: one for one in found if one.plain}
    return [one if one.trouble else replace(one, trouble=_differing(one, by_name)) for one in found]


def _differing(one: DistrictFigures, by_name: Mapping[str, DistrictFigures]) -> str:
    others = [by_name[name] for name in by_name if one.plain and name != one.name]
    wrong = [
        other.name for other in others
        if one.elsewhere.get(other.name, 0) != other.from_elsewhere.get(one.name, 0)
        or one.from_elsewhere.get(other.name, 0) != other.elsewhere.get(one.name, 0)
    ]  # fmt: skip
    return f"和{'、'.join(wrong)}互找的人数两区对不上：再运行一次 sanzhao exchange city" if wrong else ""


def _exchanged(one: CityHome, standing: str) -> dict[str, int]:
    """People of one standing found in the newest exchange with each other district."""
    with opened_store(one.home, one.settings.store_url if one.settings else "") as store:
        return dict(Counter(find.other for find in store.newest_finds() if find.standing == standing))


def _figures(one: CityHome) -> DistrictFigures:
    try:
        return _read(one)
    except SanzhaoError as error:
        trouble = error.message
    except (OSError, ValueError) as error:
        trouble = f"一本账读不了（{type(error).__name__}）：运行 sanzhao ledger verify --home {one.folder}"
    return DistrictFigures(one.name, _service(one), one.trouble or trouble)


def _read(one: CityHome) -> DistrictFigures:
    runs = list_runs(one.home, newest=1)
    told = DistrictFigures(one.name, _service(one), one.trouble, last_run=_last_run(one, runs))
    if one.settings is None or not one.key_id:
        return told
    version = current_version(one.home, parse_key(one.key_file.read_bytes(), one.key_file))
    if version is None:
        return told
    told = replace(
        told, as_of=version.as_of.isoformat(), least=_least(one), elsewhere=_exchanged(one, "member_here"),
        from_elsewhere=_exchanged(one, "works_here"),
    )  # fmt: skip
    return _with_counts(told, version)


def _with_counts(told: DistrictFigures, version: Published) -> DistrictFigures:
    """With the counts of a version, held against those of its index. Raises HomeError where they differ (勾稽)."""
    rows = version.table("ledger").select(["lead_state", "primary_status", "objection"]).to_pylist()
    leads = Counter(OBJECTION if row["objection"] else row["lead_state"] or NO_LEAD for row in rows)
    statuses = Counter(row["primary_status"] or OBJECTION for row in rows)
    district = next(row for row in version.table("coverage").to_pylist() if row["scope"] == "district")
    waiting = version.table("review").num_rows
    index = version.index["counts"]
    if (len(rows), waiting) != (index["persons"], index["review"]):
        raise HomeError(
            "一本账的行数与索引不符", where=version.version, rule=Rule.COUNTS, action="运行 sanzhao ledger verify"
        )
    names = ("workers", "worker_rows", "full_members", "probationary")
    plain = {**{name: int(district[name]) for name in names}, "review": waiting}
    return replace(told, plain=plain, lead_states=dict(leads), statuses=dict(statuses))


def _service(one: CityHome) -> str:
    return "在运行" if service_is_running(one.home) else "没有在运行"


def _last_run(one: CityHome, runs: Sequence[RunRecord]) -> str:
    if run_is_going(one.home):
        return "正在进行"
    return f"{runs[-1].as_of.isoformat()} {_ended(runs[-1])}" if runs else "还没有"


def _ended(run: RunRecord) -> str:
    """How a run that no process is at any more ended."""
    return "中断" if run.state == "running" else RUN_STATES[run.state]
