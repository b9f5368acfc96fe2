"""Nights with files that do not come and leads that settle: the ledger of each holds against the truth of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from flows.evaluate.decisions import Decisions
from flows.evaluate.ledger import evaluate_home, summary_lines
from flows.evaluate.page import ledger_page
from flows.home.folders import Home
from flows.sample import SampleOptions, generate
from flows.tasks.export import TaskOrder, export_tasks
from flows.tasks.returned import SheetReceiver, import_tasks
from matchers.measuring.curve import Share, wilson
from tests.flows.command import without_reports
from tests.flows.ledger.nights import Play, all_versions, book_problems, needless_keys, unexplained
from tests.flows.tasks.conftest import Sheet


@dataclass
class Played:
    """Every night's measures, and which leads were answered and then asked again."""

    home: Home
    out: Path
    nights: list[Decisions] = field(default_factory=list)
    asked_again: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)

    def pooled(self, of: str) -> Share:
        """One share of all nights together."""
        each: list[Share] = [getattr(one, of) for one in self.nights]
        return wilson(sum(one.right for one in each), sum(one.of for one in each))


def play(root: Path, nights: int, people: tuple[int, int], check_every: int) -> Played:
    out = root / "nights"
    generate(SampleOptions(people[0], people[1], seed=77, out=out, member_share=0.2, nights=nights))
    game = Play(Home(without_reports(root / "home")))
    played = Played(game.home, out)
    for turn, folder in enumerate(sorted(out.iterdir())):
        game.night(folder)
        evaluation = evaluate_home(game.home.root, folder / "truth")
        assert evaluation.decisions is not None
        played.nights.append(evaluation.decisions)
        print(
            folder.name,
            *(line for line in summary_lines(evaluation) if "合计" in line or "仍开着" in line or "没来" in line),
        )
        if turn % check_every == check_every - 1:
            answer_half(played, root / f"sheets-{turn}", date.fromisoformat(folder.name))
    return played


def answer_half(played: Played, folder: Path, day: date) -> None:
    """Every other task of every street comes back confirmed; none of those answered before may be among them."""
    for number, path in enumerate(export_tasks(played.home, TaskOrder(folder, "制表人甲", inside=True)).files):
        sheet = Sheet.read(path)
        letters = {sheet.number(row)[7:] for row in range(len(sheet.rows))}
        played.asked_again += sorted(letters & played.answered)
        for row in range(0, len(sheet.rows), 2):
            sheet.fill(row, "属实", on=day)
            played.answered.add(sheet.number(row)[7:])
        returned = sheet.save(folder / f"交回{number}.xlsx")
        import_tasks(played.home, [returned], SheetReceiver("分析员乙", day + timedelta(days=1)))


def check(played: Played) -> None:
    assert played.pooled("closed_still_open").right == 0
    assert played.pooled("closed_still_open").of > 0
    assert played.pooled("moved_out_by_missing_file").right == 0
    assert played.pooled("moved_out_by_missing_file").of > 0
    assert played.asked_again == []
    versions = all_versions(played.home)
    assert [problem for version in versions for problem in book_problems(version)] == []
    assert [key for version in versions for key in unexplained(version)] == []
    assert needless_keys(versions, played.out) == []


@pytest.mark.slow
def test_four_nights_close_what_is_settled_and_move_nobody_out_for_a_missing_file(tmp_path: Path) -> None:
    played = play(tmp_path, 4, (200, 300), check_every=2)
    check(played)
    last = evaluate_home(played.home.root, sorted(played.out.iterdir())[-1] / "truth")
    assert last.decisions is not None
    assert last.decisions.scope["kept_out:all"].right == last.decisions.scope["kept_out:all"].of > 0
    assert last.decisions.leads["all"].right == last.decisions.leads["all"].of > 0
    assert "已了结仍开着的线索" in ledger_page(last)
    assert '"moved_out_by_missing_file"' in last.to_json()


@pytest.mark.prove
def test_thirty_nights_hold_against_their_truth(tmp_path: Path) -> None:
    played = play(tmp_path, 30, (400, 600), check_every=7)
    check(played)
    for name in ("trade", "parents"):
        share = played.pooled(name)
        print(name, share)
        assert share.rate is not None
        assert share.rate >= 0.97
    hosts = [one.host["all"] for one in played.nights]
    assert sum(one.right for one in hosts) >= 0.97 * sum(one.of for one in hosts)
    leads = [one.leads["all"] for one in played.nights]
    assert sum(one.right for one in leads) >= 0.99 * sum(one.of for one in leads)
