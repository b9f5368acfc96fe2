"""What persons say of a pair, taken together."""

from __future__ import annotations

from datetime import date

import pytest

from flows.review.office import Office
from flows.review.verdicts import Word, last_word, say, standings, take_back
from reports.workbench.queue import JudgedState

LEVELS = {"name": "exact", "birth_date": "full"}
PAIR, DAY = "ab" * 32, date(2026, 11, 20)


def said(office: Office, by: str, verdict: str, levels: dict[str, str] | None = None) -> JudgedState:
    return say(office.store, office.key, Word(PAIR, verdict, by, DAY, LEVELS if levels is None else levels))


def undone(office: Office, by: str) -> JudgedState | None:
    word = last_word(office.store, office.key, by)
    assert word is not None
    return take_back(office.store, office.key, word, by, DAY)


def honoured(office: Office) -> str | None:
    """What a run would read."""
    found = office.store.judged_pairs(office.key).get(PAIR)
    return found.verdict if found and found.verdict in ("link", "not_link") else None


def test_one_word_settles_a_pair_and_a_run_honours_it(office: Office) -> None:
    assert said(office, "李", "link") == JudgedState("settled", (("李", "link"),))
    assert honoured(office) == "link"


def test_a_second_agreeing_word_changes_nothing(office: Office) -> None:
    said(office, "李", "link")
    assert said(office, "周", "link").state == "settled" and honoured(office) == "link"


def test_a_disagreement_reopens_for_both_and_no_run_honours_either(office: Office) -> None:
    said(office, "李", "link")
    assert said(office, "周", "not_link") == JudgedState("disputed", (("李", "link"), ("周", "not_link")))
    assert honoured(office) is None
    assert said(office, "李", "not_link").state == "settled"
    assert said(office, "周", "not_link").state == "settled" and honoured(office) == "not_link"


def test_changing_ones_own_mind_is_no_disagreement(office: Office) -> None:
    said(office, "李", "link")
    assert said(office, "李", "not_link") == JudgedState("settled", (("李", "not_link"),))


def test_unsure_leaves_the_pair_to_others(office: Office) -> None:
    assert said(office, "李", "unsure") == JudgedState("unsure", (("李", "unsure"),))
    assert said(office, "周", "link").state == "settled" and honoured(office) == "link"


@pytest.mark.parametrize("before", [None, "link", "unsure"])
def test_an_undo_puts_back_what_held_before(office: Office, before: str | None) -> None:
    if before:
        said(office, "周", before)
    was = standings(office.store, office.key, {PAIR: LEVELS}).get(PAIR, JudgedState())
    said(office, "李", "not_link")
    assert undone(office, "李") == was
    assert honoured(office) == (before if before == "link" else None)


def test_undoing_twice_goes_back_two_words(office: Office) -> None:
    said(office, "李", "link")
    said(office, "李", "not_link")
    assert undone(office, "李") == JudgedState("settled", (("李", "link"),))
    assert undone(office, "李") == JudgedState()
    assert last_word(office.store, office.key, "李") is None and honoured(office) is None


@pytest.mark.parametrize("word", ["unsure", "link"])
def test_an_undo_on_a_disputed_pair_reopens_the_dispute(office: Office, word: str) -> None:
    said(office, "李", "link")
    disputed = said(office, "周", "not_link")
    said(office, "李", word)
    assert undone(office, "李") == disputed and disputed.state == "disputed"
    assert honoured(office) is None


def test_after_anothers_undo_ones_own_word_can_be_taken_back(office: Office) -> None:
    said(office, "周", "link")
    said(office, "李", "not_link")
    assert undone(office, "李") == JudgedState("settled", (("周", "link"),)) and honoured(office) == "link"
    assert undone(office, "周") == JudgedState() and honoured(office) is None


def test_nobody_undoes_past_anothers_word(office: Office) -> None:
    said(office, "李", "link")
    said(office, "周", "link")
    assert undone(office, "李") is None and honoured(office) == "link"


def test_a_word_on_other_evidence_no_longer_settles_the_pair(office: Office) -> None:
    said(office, "李", "link")
    now = {**LEVELS, "phone": "conflict"}
    assert PAIR not in standings(office.store, office.key, {PAIR: now})
    assert said(office, "周", "not_link", now).state == "settled", "what was said of other evidence is no contradiction"


def read_twice(office: Office, by: str, verdict: str) -> JudgedState:
    return say(office.store, office.key, Word(PAIR, verdict, by, DAY, LEVELS), twice=True)


def test_a_pair_read_twice_counts_only_once_a_second_person_has_decided(office: Office) -> None:
    first = read_twice(office, "李", "link")
    assert first.state == "second" and honoured(office) is None
    assert first.seen_by("李") == JudgedState("settled", (("李", "link"),))
    assert first.seen_by("周") == JudgedState(), "the second reader is not told of the first"
    assert read_twice(office, "李", "link").state == "second", "the same person twice is no second reader"
    assert read_twice(office, "周", "link").state == "settled" and honoured(office) == "link"


def test_two_blind_readers_who_differ_reopen_the_pair(office: Office) -> None:
    read_twice(office, "李", "link")
    assert read_twice(office, "周", "not_link").state == "disputed" and honoured(office) is None


def test_a_second_reader_takes_back_only_their_own_word(office: Office) -> None:
    read_twice(office, "李", "link")
    read_twice(office, "周", "link")
    assert undone(office, "周") == JudgedState("second", (("李", "link"),)) and honoured(office) is None
    assert undone(office, "李") == JudgedState() and honoured(office) is None
    read_twice(office, "李", "not_link")
    assert undone(office, "李") == JudgedState()
