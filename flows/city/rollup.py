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
    return _reconciled([_figures(district) for district in districts])


def least_of(districts: Sequence[CityHome]) -> int:
    """The largest of the districts' limits below which a count does not leave."""
    return max(
        [_least(district) for district in districts if district.settings is not None],
        default=DistrictFigures("", "").least,
    )


def _least(home: CityHome) -> int:
    return load_policy(home.settings.policy if home.settings else None).circulation.least


def _reconciled(result: list[DistrictFigures]) -> list[DistrictFigures]:
    """The same, a district in trouble whose finds are not those that the other district counts (勾稽)."""
    by_name = {entry.name: entry for entry in result if entry.plain}
    return [entry if entry.trouble else replace(entry, trouble=_differing(entry, by_name)) for entry in result]


def _differing(figure: DistrictFigures, by_name: Mapping[str, DistrictFigures]) -> str:
    others = [by_name[name] for name in by_name if figure.plain and name != figure.name]
    wrong = [
        other.name for other in others
        if figure.elsewhere.get(other.name, 0) != other.from_elsewhere.get(figure.name, 0)
        or figure.from_elsewhere.get(other.name, 0) != other.elsewhere.get(figure.name, 0)
    ]  # fmt: skip
    return f"和{'、'.join(wrong)}互找的人数两区对不上：再运行一次 sanzhao exchange city" if wrong else ""


def _exchanged(home: CityHome, standing: str) -> dict[str, int]:
    """People of one standing found in the newest exchange with each other district."""
    with opened_store(home.home, home.settings.store_url if home.settings else "") as store:
        return dict(Counter(find.other for find in store.newest_finds() if find.standing == standing))


def _figures(home: CityHome) -> DistrictFigures:
    try:
        return _read(home)
    except SanzhaoError as error:
        trouble = error.message
    except (OSError, ValueError) as error:
        trouble = f"一本账读不了（{type(error).__name__}）：运行 sanzhao ledger verify --home {home.folder}"
    return DistrictFigures(home.name, _service(home), home.trouble or trouble)


def _read(home: CityHome) -> DistrictFigures:
    runs = list_runs(home.home, newest=1)
    figures = DistrictFigures(home.name, _service(home), home.trouble, last_run=_last_run(home, runs))
    if home.settings is None or not home.key_id:
        return figures
    version = current_version(home.home, parse_key(home.key_file.read_bytes(), home.key_file))
    if version is None:
        return figures
    figures = replace(
        figures, as_of=version.as_of.isoformat(), least=_least(home), elsewhere=_exchanged(home, "member_here"),
        from_elsewhere=_exchanged(home, "works_here"),
    )  # fmt: skip
    return _with_counts(figures, version)


def _with_counts(figures: DistrictFigures, version: Published) -> DistrictFigures:
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
    return replace(figures, plain=plain, lead_states=dict(leads), statuses=dict(statuses))


def _service(home: CityHome) -> str:
    return "在运行" if service_is_running(home.home) else "没有在运行"


def _last_run(home: CityHome, runs: Sequence[RunRecord]) -> str:
    if run_is_going(home.home):
        return "正在进行"
    return f"{runs[-1].as_of.isoformat()} {_ended(runs[-1])}" if runs else "还没有"


def _ended(run: RunRecord) -> str:
    """How a run that no process is at any more ended."""
    return "中断" if run.state == "running" else RUN_STATES[run.state]
