"""The desk's part about waiting pairs: the queue, one pair, judging, undoing, unmasking, who else looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy.orm import Session

from flows.home.keys import DistrictKey
from flows.home.store.readings import KnownPairReading
from flows.ledger.redact import shortened_name
from flows.ledger.review import masked_id, masked_phones
from flows.originals import Record, Spot
from flows.review.office import LEAST_REASON, Office, plain_text
from flows.review.shelf import LoadedVersion
from flows.review.verdicts import Word, last_word, say, standing_of, standings, take_back, verdicts_on
from reports.words import VERDICTS
from reports.workbench.access import Action, SignedInAccount, allowed, may
from reports.workbench.desk import Listed, Original, PairView, Refused, ResumePoint, Row, Side, Verdict, Watch
from reports.workbench.queue import Filter, JudgedState, QueuedPair
from schemas.errors import InputError
from schemas.rules import Rule
from schemas.store_workbench import WorkPlace

_PRESENT = timedelta(seconds=12)


class Pairs:
    """Waiting pairs, for whoever is logged in."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._present: dict[str, dict[str, datetime]] = {}
        self._touched: set[str] = set()
        self._judged: Counter[str] = Counter()
        self._known_last: dict[str, str] = {}
        """Per account, the known pair it judged last, until it judges another."""
        self._lock = Lock()
        office.shelf.prepare.append(self._prepare)
        office.shelf.placed.append(self._catch_up)

    def version_in_force(self) -> LoadedVersion:
        """The version in force, with where its pairs stand."""
        return self._office.version_in_force()

    def _prepare(self, version: LoadedVersion) -> None:
        with self._office.writing:
            self._touched.clear()
        version.pairs.stand(standings(self._office.store, self._office.key, version.levels))

    def _catch_up(self, version: LoadedVersion) -> None:
        """Words said while the version was being loaded."""
        with self._office.writing:
            for pair_id in self._touched & set(version.levels):
                rows = verdicts_on(self._office.store, self._office.key, pair_id, version.levels[pair_id])
                version.pairs.stand({pair_id: standing_of(rows)})

    def _stand(self, pair_id: str, standing: JudgedState) -> None:
        self._touched.add(pair_id)
        self.version_in_force().pairs.stand({pair_id: standing})

    def place(self, session: str) -> ResumePoint:
        """Where the account left off."""
        return self._place(self._office.account(session, act=False))

    def _place(self, account: SignedInAccount) -> ResumePoint:
        with Session(self._office.store.engine) as store:
            row = store.get(WorkPlace, account.name)
            if row is None:
                return ResumePoint(must_hide=self._office.rules.hide_score)
            return ResumePoint(
                row.pair_id, Filter.of(row.filters), row.hide_score, self._office.rules.hide_score, row.draft or ""
            )

    def remember(self, session: str, place: ResumePoint) -> None:
        account = self._office.account(session, act=False)
        values = {"pair_id": place.pair_id, "filters": place.chosen.query(), "hide_score": place.hide_score}
        with self._office.writing, Session(self._office.store.engine) as store, store.begin():
            store.merge(WorkPlace(account=account.name, draft=place.draft[:500] or None, **values))

    def queue(self, session: str, chosen: Filter, page: int) -> Listed[QueuedPair]:
        account = self._office.with_right(session, Action.SEE_PAIRS)
        version = self.version_in_force()
        rows, total = version.pairs.page(account, chosen, page), version.pairs.count(account, chosen)
        seen = [_seen_by(account, pair) for pair in rows]
        return Listed(version.version, version.as_of, seen, total, version.pairs.choices(account))

    def pair(self, session: str, pair_id: str) -> PairView:
        """One pair in full. Raises Refused for another street's as for one that is not there."""
        account, held, pair = self._seen(session, pair_id, Action.SEE_PAIRS)
        self._office.audit(account.name, "view_pair", pair_id[:16])
        chosen = self._place(account).chosen
        view = PairView(
            version=held.version,
            pair=_seen_by(account, pair),
            tied=[_seen_by(account, other) for other in held.pairs.tied(account, pair)] if pair.place else [],
            person=self._person(held, account, pair),
            left_of_all=held.pairs.roughly(account, chosen),
        )
        self._note_presence(account, pair_id)
        return view

    def next_pair(self, session: str, chosen: Filter, after: str | None) -> str | None:
        """The next pair of a filter after one, from the beginning again after the last."""
        account, version = self._office.with_right(session, Action.SEE_PAIRS), self.version_in_force()
        known = self._known_due(account, version, after)
        if known is not None:
            return known.pair_id
        before = version.pairs.pair(after) if after else None
        result = version.pairs.after(account, chosen, before.place if before else 0)
        return result.pair_id if result else None

    def judge(self, session: str, pair_id: str, verdict: Verdict, note: str) -> JudgedState:
        """Note a person's word on a pair; the next run honours it."""
        account, held, pair = self._seen(session, pair_id, Action.JUDGE)
        if verdict not in ("link", "not_link", "unsure"):
            raise InputError("判断只能是：是、否、不确定", rule=Rule.VERDICT)
        said = plain_text(note, "备注") or None
        if held.known_pairs.get(pair_id) is not None:
            return self._judge_known(account, held, pair, verdict)
        word = Word(pair_id, verdict, account.name, self._office.today(), pair.levels, said)
        with self._office.writing:
            standing = say(self._office.store, self._office.key, word, twice=self._asked_twice(account, pair))
            self._office.audit(account.name, "judge", f"{pair_id[:16]} {VERDICTS[verdict]}")
            self._stand(pair_id, standing)
        self._judged[account.name] += 1
        self._known_last.pop(account.name, None)
        return standing.seen_by(account.name)

    def _asked_twice(self, account: SignedInAccount, pair: QueuedPair) -> bool:
        """Whether a second reviewer is to judge this pair too, and there is one who may."""
        share = self._office.rules.second_reading_share
        if not drawn(self._office.key, "second reading", pair.pair_id, share):
            return False
        others = (entry for entry in self._office.accounts.all() if entry.name != account.name)
        return any(allowed(entry, Action.JUDGE, pair.streets) for entry in others)

    def _known_due(self, account: SignedInAccount, version: LoadedVersion, after: str | None) -> QueuedPair | None:
        """A known pair, when lots say that one is due after so many judgements; none right after another."""
        share = self._office.rules.known_pair_share
        lot = f"{account.name}|{self._office.today()}|{self._judged[account.name]}"
        due = may(account, Action.JUDGE) and drawn(self._office.key, "known pair", lot, share)
        if not due or version.known_pairs.get(after) is not None:
            return None
        read = {entry.pair_id for entry in self._office.store.known_readings() if entry.by == account.name}
        return version.known_pairs.unread(account, read)

    def _known_pair(self, version: LoadedVersion, account: SignedInAccount, pair_id: str) -> QueuedPair | None:
        """A known pair with what this account said of it."""
        pair = version.known_pairs.get(pair_id)
        if pair is None:
            return None
        lines = [
            (entry.by, entry.verdict)
            for entry in self._office.store.known_readings()
            if entry.pair_id == pair_id and entry.by == account.name
        ]
        return replace(pair, standing=JudgedState("settled", tuple(lines))) if lines else pair

    def _judge_known(
        self, account: SignedInAccount, version: LoadedVersion, pair: QueuedPair, verdict: Verdict
    ) -> JudgedState:
        """Note a word on a known pair where no night looks; to the reviewer it is a judgement like any other."""
        with self._office.writing:
            self._say_known(account, version, pair.pair_id, verdict)
            self._office.audit(account.name, "judge", f"{pair.pair_id[:16]} {VERDICTS[verdict]}")
        self._judged[account.name] += 1
        self._known_last[account.name] = pair.pair_id
        return JudgedState("settled", ((account.name, verdict),))

    def _say_known(self, account: SignedInAccount, version: LoadedVersion, pair_id: str, verdict: str) -> None:
        known = KnownPairReading(
            pair_id, version.known_pairs.same(pair_id), verdict, account.name, self._office.today()
        )
        self._office.store.read_known(known)

    def undo(self, session: str) -> str | None:
        """Take back one's newest judgement; the pair it was on, None when there is nothing to take back."""
        account, version = self._office.with_right(session, Action.JUDGE), self.version_in_force()
        known = self._known_last.pop(account.name, None)
        if known is not None and version.known_pairs.get(known) is not None:
            self._say_known(account, version, known, "withdrawn")
            return known
        with self._office.writing:
            said = last_word(self._office.store, self._office.key, account.name)
            if said is None or said.pair_id not in version.levels:
                return None
            if not allowed(account, Action.JUDGE, version.pairs.pair(said.pair_id).streets):  # type: ignore[union-attr]
                self._office.refuse(account, Action.JUDGE, said.pair_id[:16])
            standing = take_back(self._office.store, self._office.key, said, account.name, self._office.today())
            if standing is None:
                raise InputError("别人已在您之后作过判断，不能撤销；可重新判断", rule=Rule.JUDGED_SINCE)
            self._office.audit(account.name, "undo", said.pair_id[:16])
            self._stand(said.pair_id, standing)
        return said.pair_id

    def unmask(self, session: str, pair_id: str, side: Side, reason: str) -> Original:
        """One record in clear, with a reason; noted before it is read."""
        account, held, pair = self._seen(session, pair_id, Action.UNMASK)
        why = plain_text(reason, "理由", least=LEAST_REASON)
        self._office.audit(account.name, "unmask", f"{pair_id[:16]} {'左' if side == 'left' else '右'}：{why}")
        if side == "left":
            return _original(self._office.read_original(account.name, None, lambda: self._left(held, pair)))
        if pair.member_no is None:
            raise InputError("名册里没有这个人的编号，找不到原件的行", rule=Rule.NO_MEMBER_NUMBER)
        return _original(self._office.read_original(account.name, None, lambda: self._right(held, pair)))

    def _left(self, version: LoadedVersion, pair: QueuedPair) -> Record:
        """The worker's record: what the pair shows of it, all of it, must be the record's."""
        if version.published is None:
            raise Refused
        spot = Spot(pair.source, pair.file, pair.sheet, pair.row, None, pair.record_id)
        return self._office.originals.of_pair(
            spot, lambda record: _masked(record) == _masked_texts(pair.left), version.published, pair.since
        )

    def _right(self, version: LoadedVersion, pair: QueuedPair) -> Record:
        """The roll's record. The right side is a person put together of several rows: the roll's own name must fit,
        and its number where it has one.
        """
        number = pair.member_no
        if version.published is None or number is None:
            raise Refused
        return self._office.originals.of_member(
            number, lambda record: _may_be_right(record, pair.right), version.published, pair.since
        )

    def watch(self, session: str, pair_id: str) -> Watch:
        """What changed around an open pair; asking for it is no act of a person's."""
        account = self._office.account(session, act=False)
        version = self.version_in_force()
        pair = version.pairs.pair(pair_id) or self._known_pair(version, account, pair_id)
        if pair is None or not allowed(account, Action.SEE_PAIRS, pair.streets):
            return Watch((), None, version.version)
        self._note_presence(account, pair_id)
        here = self._present.get(pair_id, {})
        others = tuple(sorted(name for name in here if name != account.name))
        return Watch(others, pair.standing.seen_by(account.name), version.version)

    def leave(self, session: str, pair_id: str) -> None:
        """The account does not look at the pair any more."""
        name = self._office.account(session, act=False).name
        with self._lock:
            self._present.get(pair_id, {}).pop(name, None)

    def _seen(self, session: str, pair_id: str, action: Action) -> tuple[SignedInAccount, LoadedVersion, QueuedPair]:
        account, version = self._office.with_right(session, action), self.version_in_force()
        pair = version.pairs.pair(pair_id) or self._known_pair(version, account, pair_id)
        if pair is None:
            raise Refused
        if not allowed(account, action, pair.streets):
            self._office.refuse(account, action, pair_id[:16])
        return account, version, pair

    def _person(self, version: LoadedVersion, account: SignedInAccount, pair: QueuedPair) -> Row | None:
        known = version.known_pairs.get(pair.pair_id) is not None
        row = version.people.by_member(pair.member_no) if pair.member_no and not known else None
        return row if row and allowed(account, Action.SEE_PEOPLE, row["streets"]) else None

    def _note_presence(self, account: SignedInAccount, pair_id: str) -> None:
        now = self._office.now()
        with self._lock:
            for looked in list(self._present):
                stay = {name: at for name, at in self._present[looked].items() if now - at < _PRESENT}
                if stay:
                    self._present[looked] = stay
                else:
                    del self._present[looked]
            self._present.setdefault(pair_id, {})[account.name] = now


def _seen_by(account: SignedInAccount, pair: QueuedPair) -> QueuedPair:
    return replace(pair, standing=pair.standing.seen_by(account.name))


def drawn(key: DistrictKey, lot: str, name: str, share: float) -> bool:
    """Whether a thing is among a share of its kind: always the same ones, and nobody without the key can tell which."""
    return int(key.token(lot, name)[:8], 16) < share * 0x1_0000_0000


def _masked(record: Record) -> tuple[str | None, str | None, str | None]:
    return shortened_name(record.name), masked_id(record.id_number), masked_phones(list(record.phones))


def _masked_texts(masked: Mapping[str, str | None]) -> tuple[str | None, str | None, str | None]:
    return masked.get("name"), masked.get("id_number"), masked.get("phone")


def _may_be_right(record: Record, masked: Mapping[str, str | None]) -> bool:
    name, number, _ = _masked(record)
    shown = masked.get("id_number")
    return name == masked.get("name") and (record.full_id is None or shown is None or number == shown)


def _original(record: Record) -> Original:
    fields = {"name": record.name or "", "id_number": record.id_number or "", "phone": "、".join(record.phones)}
    return Original(record.where, record.titles, fields)
