"""The question to the organisation department about people whose roll entries contradict each other: rows, no names."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

_MOST_EXAMPLES = 20
_TITLES = (
    ("membership_state", "党籍状态"), ("lost_contact", "是否失联"), ("is_floating", "是否流动党员"),
    ("member_type", "人员类别"), ("joined_on", "入党日期"), ("branch", "所在党组织"),
)  # fmt: skip
_ENTRIES = """
select c.person_id, c.differs, e.file, e.sheet, e."row"
from contradicted c join persons p using (person_id) join roll_entries e on e.registry_id = p.registry_id
order by c.person_id, e.file, e.sheet, e."row"
"""


def contradictions(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """(source, Chinese text): how many people of tonight's ledger, which rows disagree in what."""
    people: dict[int, tuple[list[str], list[str]]] = {}
    for person, differs, file, sheet, row in con.execute(_ENTRIES).fetchall():
        places = people.setdefault(person, (differs, []))[1]
        places.append(f"{file}{f'〔{sheet}〕' if sheet else ''} 第{row}行")
    if not people:
        return
    titles = dict(_TITLES)
    lines = sorted(
        f"{'、'.join(places)}：{'、'.join(titles[name] for name in names)}" for names, places in people.values()
    )
    more = f"；另有{len(lines) - _MOST_EXAMPLES}人" if len(lines) > _MOST_EXAMPLES else ""
    yield (
        "party_members",
        f"党员名册对同一人说法不一，共{len(people)}人，未据此列停籍、口袋、失联、隐形、应转线索。处理办法：请组织部门核实以哪一处为准："
        + "；".join(lines[:_MOST_EXAMPLES]) + more,
    )  # fmt: skip
