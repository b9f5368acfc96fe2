"""Every layout in every container: one night of awkward files, each with the rows it must give."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.staging.corpus.layouts import LAYOUTS
from tests.flows.staging.corpus.writers import CONTAINERS, ENCODINGS
from tests.flows.staging.night import Staged, staged

MERGING = ("xlsx", "et", "xls", "html.xls", "zip")
CASES = [
    (layout, container)
    for layout in LAYOUTS
    for container in CONTAINERS
    if container in MERGING or not LAYOUTS[layout].also.get("merges_needed")
]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    files = {f"platform/{layout}.{container}": CONTAINERS[container](LAYOUTS[layout]) for layout, container in CASES}
    with staged(tmp_path_factory.mktemp("corpus"), files) as found:
        yield found


@pytest.mark.parametrize(("layout", "container"), CASES)
def test_a_layout_is_read_in_every_container(night: Staged, layout: str, container: str) -> None:
    wanted, file = LAYOUTS[layout], f"{layout}.{container}"
    state = night.con.execute(
        "select file, sheet, state, rows_in, accepted, quarantined, passed_over, message, encoding from stage_files "
        "where source = 'platform' and starts_with(file, $1) and (file = $1 or starts_with(file, $1 || '/'))",
        [file],
    ).fetchall()
    assert [one[2] for one in state] == ["read"], state
    name, sheet, _, rows_in, accepted, quarantined, passed_over, message, encoding = state[0]
    assert (rows_in, accepted, quarantined) == (len(wanted.rows), len(wanted.rows), 0), state
    rows = night.con.execute(
        'select "row", name, id_number_kind from stage_platform where file = ? order by "row", row_key', [name]
    ).fetchall()
    assert [one[:2] for one in rows] == list(wanted.rows)
    assert {one[2] for one in rows} == {"masked"}
    assert name == (f"{file}/里层/名单.xlsx" if container == "zip" else file)
    assert sheet == ("Sheet1" if container in ("xlsx", "et", "xls", "zip") else None)
    assert encoding == ENCODINGS.get(container)
    if wanted.passed_over is not None:
        assert passed_over == wanted.passed_over
    assert wanted.said is None or wanted.said in message


def test_all_fields_are_found_in_every_file_that_has_them(night: Staged) -> None:
    without = night.rows(
        "select distinct file from stage_platform where not regexp_matches(file, '^(side_by_side|two_tables)') "
        "and not regexp_matches(file, '^merged_down.*(csv|tsv|txt|gb.xls)$') "
        "and (platform is null or worker_no is null or started_on is null or declared_member is null or phones is null)"
    )
    assert without == []
