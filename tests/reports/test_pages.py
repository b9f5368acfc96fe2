"""The HTML reports: offline, without a script, counts right, and nothing in a name that the page would run."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from reports.charts import PALETTE, BarPart, Chart, bars, histogram, stacked
from reports.page import page, table
from reports.situation.circulation import circulation_page
from reports.situation.figures import count_version
from reports.situation.page import Situation, situation_page
from reports.summary import RunSummary
from schemas.contracts import ledger_table
from schemas.policy import load_policy

DAY = date(2026, 11, 19)
NASTY = '<img src=x onerror="alert(1)">镇'


def ledger(*rows: dict[str, Any], name: str = "ledger") -> pa.Table:
    schema = pa.schema([field.remove_metadata().with_nullable(True) for field in ledger_table(name).schema])
    return pa.Table.from_pylist(list(rows), schema=schema)


def person(
    key: str, *codes: str, street: str = "城南街道", state: str = "线索", objection: bool = False
) -> dict[str, Any]:
    leads = [] if objection else [{"code": code, "state": state} for code in codes if code != "N0"]
    return {
        "person_key": key, "name_masked": "张*", "occupation_groups": ["快递员"], "platforms": [], "units": [],
        "work_street": street, "primary_status": None if objection else codes[0], "objection": objection,
        "statuses": [] if objection else list(codes), "match_class": "exact", "flags": [], "evidence": [],
        "leads": leads, "host_org_name": "某支部",
    }  # fmt: skip


def parsed(text: str) -> tuple[set[str], set[str]]:
    """The names of all elements and of all attributes."""
    tags: set[str] = set()
    attributes: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.add(tag)
            attributes.update(name for name, _ in attrs)

    Reader().feed(text)
    return tags, attributes


def summary() -> RunSummary:
    names = ("sources", "outside", "links", "classes", "statuses", "waiting", "changes", "refused", "notices")
    lists = dict.fromkeys(names, ())
    words = dict.fromkeys(("run_id", "version", "ledger", "report_folder"), "v")
    return RunSummary(
        district=NASTY, as_of=DAY, previous_version=None, persons=0, warnings=(NASTY,), steps=(), **words, **lists
    )  # type: ignore[arg-type]


ROWS = [
    person("p-1", "P1", "Y1"),
    person("p-2", "Y1", state="已确认"),
    person("p-3", "N0"),
    person("p-4", "P1", street=NASTY, objection=True),
]


def test_counts_are_those_of_the_ledger() -> None:
    found = count_version(ledger(*ROWS), ledger(name="coverage"), ledger(name="review"))
    assert (found.persons, found.objections, found.total("waiting"), found.total("answered")) == (4, 1, 2, 1)
    assert (found.status("Y1"), found.status("Y1", "confirmed"), found.status("P1", "first"), found.status("L1")) == (
        2, 1, 1, 0,
    )  # fmt: skip


def test_a_page_runs_nothing_and_asks_for_nothing_from_outside() -> None:
    unit = {"scope": "unit", "name": NASTY, "street": NASTY, "trade": "快递", "workers": 9, "worker_rows": 9,
            "full_members": 3, "probationary": 0, "floating": 0, "leads": 1, "coverage": "未覆盖",
            "suggestion": NASTY}  # fmt: skip
    found = count_version(ledger(*ROWS), ledger(unit, name="coverage"), ledger(name="review"))
    text = situation_page(Situation(found, None, summary(), load_policy(None), {}, {})).decode()
    assert "<script" not in text
    assert "<img" not in text
    assert "default-src 'none'" in text
    outside = set(re.findall(r"https?://[^\s\"'<]+", text)) - {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert outside == set()
    tags, attributes = parsed(text)
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "form"}
    assert not [name for name in attributes if name.startswith("on")]


def test_the_page_is_the_same_twice() -> None:
    found = count_version(ledger(*ROWS), ledger(name="coverage"), ledger(name="review"))
    facts = Situation(found, found, summary(), load_policy(None), {}, {})
    assert situation_page(facts) == situation_page(facts)


def test_what_may_circulate_hides_small_counts() -> None:
    rows = [person(f"p-{at}", "N0") for at in range(9)] + [
        person(f"q-{at}", "N0", street="城北街道") for at in range(2)
    ]
    found = count_version(ledger(*rows), ledger(name="coverage"), ledger(name="review"))
    text = circulation_page(found, summary(), 5).decode()
    body = re.sub(r"<[^>]+>", " ", text[text.index("<table") : text.index("</table>")])
    assert " 2 " not in body
    assert " 9 " not in body
    assert "*" in body


@pytest.mark.parametrize(
    "svg",
    [
        bars(Chart("甲"), [BarPart(NASTY, 1200), BarPart("乙", 0)]),
        stacked(Chart("乙"), [BarPart(NASTY, 3, "一"), BarPart(NASTY, 4, NASTY), BarPart("丙", 1, "一")]),
        histogram(Chart("丙"), [BarPart("-2", 5, "排除"), BarPart("0", 7, "关联")], {NASTY: 1.5}, width=2, axis="比特"),
    ],
)
def test_a_chart_shows_its_numbers_and_runs_nothing(svg: str) -> None:
    assert svg.startswith('<svg role="img" aria-label="')
    assert "<img" not in svg
    assert "<script" not in svg
    assert "Noto Sans CJK SC" in svg


def test_a_bar_bears_its_number_and_a_part_its_name() -> None:
    svg = stacked(Chart("乙"), [BarPart("快递", 30, "已覆盖"), BarPart("快递", 12, "未覆盖")])
    assert [text for text in ("30", "12", "42", "已覆盖", "未覆盖", "快递") if f">{text}<" not in svg] == []
    assert "30" in bars(Chart("甲"), [BarPart("快递", 30)])


def test_counts_that_span_are_drawn_so_that_the_small_ones_are_seen() -> None:
    near, far = [BarPart("甲", 90), BarPart("乙", 30)], [BarPart("甲", 45_189), BarPart("乙", 154), BarPart("丙", 0)]
    assert "每格十倍" in bars(Chart("一"), far)
    assert "每格十倍" not in bars(Chart("一"), near)
    assert "每格十倍" not in bars(Chart("一", digits=1), [BarPart("甲", 32.1), BarPart("乙", 0.1)]), (
        "bits are no counts"
    )
    shares = stacked(Chart("二", unit="行"), [BarPart(one.name, one.value, "看得出") for one in far])
    assert "甲（45,189 行）" in shares
    assert "每 100 行里" in shares
    assert "每 100" not in stacked(Chart("二", unit="行"), [BarPart(one.name, one.value, "看得出") for one in near])
    bins = [BarPart("-2", 5000, "排除"), BarPart("0", 7, "关联"), BarPart("0", 3, "待核对")]
    assert "每格十倍" in histogram(Chart("三"), bins, {}, width=2, axis="比特")


def test_neighbouring_colours_differ_in_lightness_for_those_who_see_no_colour() -> None:
    light = [_lightness(colour) for colour in PALETTE]
    assert all(abs(one - other) > 0.1 for one, other in pairwise(light))


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_numbers_stand_right_and_texts_left() -> None:
    text = table(("镇街", "人数", "说明"), [("甲", 1234, "见上"), ("乙", None, "")])
    assert '<td class="n">1,234</td>' in text
    assert "<th>镇街</th>" in text
    assert "（无）" in table(("甲",), [])
    assert NASTY not in page(NASTY, NASTY, ()).decode()
