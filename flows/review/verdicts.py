"""Where waiting pairs stand by what persons said of them, and the two ways to say something: judge and undo.

Rows are only appended and the newest holds, as the nightly run reads them. Two who disagree are both noted, then a row
of nobody's (`unsure`) reopens the pair; an undo puts back what held before. A pair of which a second reader is wanted
gets such a row after its first decision: no run honours it until another person, who is not told, has decided too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.keys import DistrictKey
from flows.home.store import Judged, Store
from reports.workbench.queue import JudgedState
from schemas.store import JudgementRow

NOBODY = "sanzhao"
_DISPUTE, _UNDONE, _RESTORED = "意见不一，重新打开", "撤销 #", "恢复 #"
_SECOND = "待第二人复核"
_DECIDED = ("link", "not_link")


@dataclass(frozen=True)
class PairVerdict:
    """One row of the store on one pair."""

    id: int
    pair_id: str
    verdict: str
    by: str
    basis: Mapping[str, str] | None
    note: str | None

    @property
    def dispute(self) -> bool:
        return self.by == NOBODY and self.note == _DISPUTE

    @property
    def awaits_second(self) -> bool:
        return self.by == NOBODY and self.note == _SECOND


@dataclass(frozen=True)
class Word:
    """What one person says of one pair, on which day, seeing which levels."""

    pair_id: str
    verdict: str
    by: str
    on: date
    levels: Mapping[str, str]
    note: str | None = None

    @property
    def basis(self) -> dict[str, str] | None:
        return dict(self.levels) or None


def standings(store: Store, key: DistrictKey, levels: Mapping[str, Mapping[str, str]]) -> dict[str, JudgedState]:
    """Where each of these pairs stands; a word said before the evidence changed no longer counts."""
    rows: dict[str, list[PairVerdict]] = {}
    for verdict in _verdicts_in(store, key, levels):
        if (verdict.basis or {}) == levels[verdict.pair_id] or verdict.basis is None:
            rows.setdefault(verdict.pair_id, []).append(verdict)
    return {pair: standing_of(result) for pair, result in rows.items()}


def every_verdict(store: Store, key: DistrictKey) -> list[PairVerdict]:
    """Every row that holds, undone words left out, pair after pair in the order of their first row."""
    rows: dict[str, list[PairVerdict]] = {}
    with Session(store.engine) as session:
        for row in session.scalars(select(JudgementRow).order_by(JudgementRow.id)):
            verdict = _verdict_of(row, key)
            rows.setdefault(verdict.pair_id, []).append(verdict)
    return [said for result in rows.values() for said in _holding(result)]


def standing_of(rows: Sequence[PairVerdict]) -> JudgedState:
    """Where one pair stands by its rows, oldest first."""
    rows = _holding(rows)
    if not rows:
        return JudgedState()
    last = rows[-1]
    if last.dispute:
        return JudgedState("disputed", _verdicts(_round(rows[:-1])))
    verdicts = _verdicts(_round(rows))
    if last.awaits_second:
        return JudgedState("second", verdicts)
    if last.verdict in _DECIDED:
        return JudgedState("settled", verdicts)
    return JudgedState("unsure" if any(word == "unsure" for _, word in verdicts) else "waiting", verdicts)


def say(store: Store, key: DistrictKey, word: Word, *, twice: bool = False) -> JudgedState:
    """Append what a person says; a contradiction reopens the pair for both.

    `twice`: the decision of one person alone does not count.
    """
    before = _holding(verdicts_on(store, key, word.pair_id, word.levels))
    _append(store, word)
    others = {who: verdict for who, verdict in _verdicts(_round(before)) if who != word.by and verdict in _DECIDED}
    if word.verdict in _DECIDED and any(said != word.verdict for said in others.values()):
        _append(store, Word(word.pair_id, "unsure", NOBODY, word.on, word.levels, _DISPUTE))
    elif twice and word.verdict in _DECIDED and not others:
        _append(store, Word(word.pair_id, "unsure", NOBODY, word.on, word.levels, _SECOND))
    return standing_of(verdicts_on(store, key, word.pair_id, word.levels))


def last_word(store: Store, key: DistrictKey, by: str) -> PairVerdict | None:
    """The newest judgement of a person that they have not taken back."""
    with Session(store.engine) as session:
        query = select(JudgementRow).where(JudgementRow.judged_by == by).order_by(JudgementRow.id.desc()).limit(200)
        rows = [_verdict_of(row, key) for row in session.scalars(query)]
    undone = {said.note for said in rows if said.note and said.note.startswith(_UNDONE)}
    for said in rows:
        restored = said.note is not None and said.note.startswith(_RESTORED)
        if said.verdict in (*_DECIDED, "unsure") and not restored and f"{_UNDONE}{said.id}" not in undone:
            return said
    return None


def take_back(store: Store, key: DistrictKey, verdict: PairVerdict, by: str, on: date) -> JudgedState | None:
    """Undo a judgement: what held on the pair before it holds again. None when somebody has spoken since."""
    levels = verdict.basis or {}
    rows = _holding(verdicts_on(store, key, verdict.pair_id, levels))
    after = [row for row in rows if row.id > verdict.id]
    if any(entry.by not in (by, NOBODY) for entry in after):
        return None
    before = [row for row in rows if row.id < verdict.id]
    _append(store, Word(verdict.pair_id, "withdrawn", by, on, levels, f"{_UNDONE}{verdict.id}"))
    if before and before[-1].by == NOBODY:
        _append(store, Word(verdict.pair_id, "unsure", NOBODY, on, levels, before[-1].note))
    elif before and before[-1].verdict in (*_DECIDED, "unsure"):
        was = before[-1]
        _append(store, Word(was.pair_id, was.verdict, was.by, on, levels, f"{_RESTORED}{was.id}"))
    return standing_of(verdicts_on(store, key, verdict.pair_id, levels))


def verdicts_on(store: Store, key: DistrictKey, pair_id: str, levels: Mapping[str, str]) -> list[PairVerdict]:
    """What was said of one pair on this evidence, oldest first."""
    with Session(store.engine) as session:
        query = select(JudgementRow).where(JudgementRow.pair_id == pair_id).order_by(JudgementRow.id)
        rows = [_verdict_of(row, key) for row in session.scalars(query)]
    return [said for said in rows if said.basis is None or said.basis == dict(levels)]


def _append(store: Store, word: Word) -> None:
    store.judge(word.pair_id, Judged(word.verdict, word.basis), word.by, word.on, note=word.note)


def _verdicts_in(store: Store, key: DistrictKey, levels: Mapping[str, object]) -> Iterable[PairVerdict]:
    with Session(store.engine) as session:
        for row in session.scalars(select(JudgementRow).order_by(JudgementRow.id)):
            verdict = _verdict_of(row, key)
            if verdict.pair_id in levels:
                yield verdict


def _verdict_of(row: JudgementRow, key: DistrictKey) -> PairVerdict:
    pair = row.pair_id or key.token("pair", f"{row.left_token}|{row.right_token}")
    return PairVerdict(row.id, pair, row.judgement, row.judged_by, row.basis, row.note)


def _holding(rows: Iterable[PairVerdict]) -> list[PairVerdict]:
    """The rows without undone words: with each goes the dispute that it caused, and the rows that took it back."""
    held: list[PairVerdict] = []
    taking_back = False
    for said in rows:
        if said.verdict == "withdrawn":
            undone = next((at for at, entry in enumerate(held) if said.note == f"{_UNDONE}{entry.id}"), len(held))
            del held[undone:]
            taking_back = True
            continue
        if not (taking_back and (said.by == NOBODY or (said.note or "").startswith(_RESTORED))):
            held.append(said)
        taking_back = False
    return held


def _round(rows: Sequence[PairVerdict]) -> Sequence[PairVerdict]:
    """The rows since the last dispute; the dispute's own round when nothing came after it."""
    ends = [at for at, said in enumerate(rows) if said.dispute]
    return rows[ends[-1] + 1 :] if ends else rows


def _verdicts(rows: Sequence[PairVerdict]) -> tuple[tuple[str, str], ...]:
    """Each person's newest word, in the order first spoken."""
    verdicts: dict[str, str] = {}
    for said in rows:
        verdicts[said.by] = said.verdict
    return tuple((who, word) for who, word in verdicts.items() if who != NOBODY)
