"""The hand-made districts of `tests/cases/domain` on statuses: every expectation of theirs is one test."""

from __future__ import annotations

import ast
import shutil
from importlib import resources
from pathlib import Path

import pytest

from schemas.errors import ContractError
from schemas.policy import load_policy
from tests.flows.ledger.cases import CASES, FIRST, Case, new_case


def _lines(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (CASES / name / "expected.txt").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def pocket(tmp_path_factory: pytest.TempPathFactory) -> Case:
    case = new_case("c02_pocket", tmp_path_factory.mktemp("cases"))
    case.night("drop1", FIRST)
    return case


@pytest.fixture(scope="module")
def statuses(tmp_path_factory: pytest.TempPathFactory) -> Case:
    case = new_case("c03_statuses", tmp_path_factory.mktemp("cases"))
    case.night("drop1", FIRST)
    return case


@pytest.fixture(scope="module")
def two_rolls(tmp_path_factory: pytest.TempPathFactory) -> Case:
    case = new_case("c21_two_rolls", tmp_path_factory.mktemp("cases"))
    case.night("drop1", FIRST)
    return case


@pytest.mark.parametrize(
    ("number", "expected", "about"),
    [(number, said == "P1=True", about) for number, said, about in _lines("c02_pocket") if said != "P1=None"],
)
def test_pocket_members_are_those_whose_newest_letter_is_overdue(
    pocket: Case, number: str, expected: bool, about: str
) -> None:
    assert ("P1" in pocket.codes(number)) == expected, about


def test_words_nobody_knows_accuse_nobody_and_are_named(pocket: Case) -> None:
    for number in ("DY0025", "DY0026", "DY0027", "DY0028"):
        assert pocket.codes(number) == ["N0"]
    (line,) = [text for text in pocket.summaries[0].warnings if "不认识的写法" in text]
    for word in ("“已开未收”", "“已过期”", "“待审批”", "“已撤销”"):
        assert f"{word}1行" in line
    assert line.startswith("party_transfers/party_transfers.csv：“接收状态”里有不认识的写法")


@pytest.mark.parametrize(
    ("number", "must", "never", "about"),
    [
        (number, ast.literal_eval(must.removeprefix("必有")), ast.literal_eval(never.removeprefix("不可有")), about)
        for number, must, never, about in _lines("c03_statuses")
    ],
)
def test_statuses_are_given_and_withheld_by_the_rules(
    statuses: Case, number: str, must: list[str], never: list[str], about: str
) -> None:
    found = set(statuses.codes(number))
    assert set(must) <= found, about
    assert not set(never) & found, about


def test_an_account_with_another_persons_phone_is_marked_for_a_check(statuses: Case) -> None:
    assert "phone_of_another" in statuses.people()["DY0015"]["flags"]


@pytest.mark.parametrize("number", [f"DY000{turn}" for turn in range(1, 8)])
def test_rolls_that_contradict_each_other_accuse_nobody(two_rolls: Case, number: str) -> None:
    row = two_rolls.people()[number]
    assert not {"S1", "P1", "L1", "Y1", "P2"} & set(row["statuses"])
    assert "rolls_contradict" in row["flags"]


def test_contradictions_are_a_question_to_the_organisation_department(two_rolls: Case) -> None:
    (line,) = [text for text in two_rolls.summaries[0].warnings if "说法不一" in text]
    assert "共7人" in line
    assert "石栈街道党员名册.csv 第2行、龙洲街道党员名册.csv 第2行：党籍状态、所在党组织" in line
    assert "rolls_contradict" not in two_rolls.people()["DY0008"]["flags"]


def test_what_the_roll_files_are_called_decides_nothing(two_rolls: Case, tmp_path: Path) -> None:
    drop = Path(shutil.copytree(CASES / "c21_two_rolls" / "drop1", tmp_path / "drop"))
    roll = drop / "party_members"
    (roll / "石栈街道党员名册.csv").rename(roll / "z.csv")
    (roll / "龙洲街道党员名册.csv").rename(roll / "石栈街道党员名册.csv")
    (roll / "z.csv").rename(roll / "龙洲街道党员名册.csv")
    other = new_case("c21_two_rolls", tmp_path)
    other.night(drop, FIRST)
    by_place = {"person_key", "id_token", "evidence"}
    said = [
        {number: {name: cell for name, cell in row.items() if name not in by_place} for number, row in people.items()}
        for people in (two_rolls.people(), other.people())
    ]
    assert said[0] == said[1]


def test_another_policy_decides_by_its_own_numbers_and_prints_them(tmp_path: Path) -> None:
    case = new_case("c12_policy", tmp_path)
    text = (resources.files("schemas") / "policy.toml").read_text("utf-8")
    text = text.replace(
        "works_here_months = 6", 'works_here_months = 12\nname_noise = ["重庆"]  # a key of before'
    ).replace("valid_days = 90", "valid_days = 200")
    (case.home.root / "policy.toml").write_text(text, "utf-8")
    case.night("drop1", FIRST)
    assert (case.codes("DY0001"), case.codes("DY0002")) == (["P2"], ["P1"])
    config = case.home.config.read_text("utf-8")
    case.home.config.write_text(f'policy = "policy.toml"\n{config}', "utf-8")
    case.night("drop1", FIRST)
    assert (case.codes("DY0001"), case.codes("DY0002")) == (["N0"], ["N0"])
    policy = load_policy(case.home.root / "policy.toml")
    assert "满12个月" in policy.basis("P2")
    assert "按开具日起200天" in policy.basis("P1")
    for code in policy.statuses.order:
        assert "{" not in policy.basis(code)


def test_a_wording_with_a_name_no_policy_has_is_refused(tmp_path: Path) -> None:
    text = (
        (resources.files("schemas") / "policy.toml").read_text("utf-8").replace("满{works_here_months}", "满{months}")
    )
    (tmp_path / "policy.toml").write_text(text, "utf-8")
    with pytest.raises(ContractError, match="works_here_months"):
        load_policy(tmp_path / "policy.toml")
