"""一对: two records side by side, judged by keyboard; the next pair comes into the same page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from fastapi import Request
from nicegui import events, ui

from reports import words
from reports.workbench.access import Action, may
from reports.workbench.desk import Desk, LoggedOut, Original, PairView, ResumePoint, Side, Verdict
from reports.workbench.look import percent, rendered
from reports.workbench.pages.frame import Visit, act, client, frame, html
from reports.workbench.waterfall import waterfall
from schemas.errors import InputError

TOO_SOON = 0.3
"""Seconds in which a key may still be meant for the pair before: nobody has read the new one yet."""
_WATCH_EVERY = 3.0
_AGREE = frozenset({"exact", "simplified", "full", "same", "first15", "head6_tail4", "head3_tail4", "tail4", "sound"})
_AGAINST = frozenset({"different", "conflict"})
_VERDICT_KEYS: dict[str, Verdict] = {
    "y": "link",
    "1": "link",
    "n": "not_link",
    "2": "not_link",
    "u": "unsure",
    "3": "unsure",
}
_UNREADABLE = frozenset({"original_destroyed", "original_differs", "no_member_number"})
"""One side of two that cannot be shown keeps nobody from the other."""
_SIDES: tuple[tuple[Side, str], ...] = (("left", "左"), ("right", "右"))


def add(desk: Desk) -> None:
    """`/pair/…`."""

    @ui.page("/pair/{pair_id}")
    def pair(request: Request, pair_id: str) -> None:
        with frame(desk, request, "/queue", "核对") as visit:
            view = desk.pair(visit.session, pair_id)
            place = replace(desk.place(visit.session), pair_id=pair_id)
            PairTab(desk, visit, view, place).build()


@dataclass
class PairTab:
    """One browser tab on a pair: what it shows, and what was unmasked in it."""

    desk: Desk
    visit: Visit
    view: PairView
    place: ResumePoint
    originals: dict[Side, Original] = field(default_factory=dict)
    notice: str = ""
    notice_of_others: str = ""
    """The notice that somebody else is reading the pair too; it goes when they do."""
    shown_at: float = 0.0

    def build(self) -> None:
        """Put the parts of the page in place."""
        self.desk.remember(self.visit.session, self.place)
        self.body = ui.html("", sanitize=False)
        if may(self.visit.account, Action.JUDGE):
            self._build_acts()
            self._build_dialog()
        ui.keyboard(on_key=self._key, ignore=["input", "select", "textarea"], repeating=False)
        self.timer = ui.timer(_WATCH_EVERY, self._watch)
        client().on_disconnect(self._left)
        self._show()

    def _build_acts(self) -> None:
        with ui.element("div").classes("acts"), ui.row():
            for title, keys, verdict in (("是", "Y", "link"), ("否", "N", "not_link"), ("不确定", "U", "unsure")):
                button = ui.button(f"{title}（{keys}）", on_click=lambda _, verdict=verdict: self.judge(verdict))
                button.props(
                    "unelevated no-caps color=primary" if verdict == "link" else "outline no-caps color=primary"
                )
                button.mark(f"judge-{verdict}")
            ui.button("下一条（→）", on_click=self.skip).props("flat no-caps")
            ui.button("撤销（Z）", on_click=self.undo).props("flat no-caps")
            ui.button("查看原件（M）", on_click=self._ask_unmask).props("flat no-caps")
            self.note = ui.input("备注（不写姓名和号码）", value=self.place.draft).props("dense outlined debounce=600")
            self.note.on("update:model-value", act(self._keep_draft)).style("min-width:220px")
            if not self.place.must_hide:
                ui.switch("判断之后才显示分值", value=self.place.hide_score, on_change=self._switch)
            html("keys.html")

    def _build_dialog(self) -> None:
        with ui.dialog() as self.dialog, ui.card().classes("dialog"):
            ui.label("查看原件的明文").style("font-weight:600;font-size:16px")
            ui.label("写明理由；谁、何时、为什么，都记入审计日志。").classes("key")
            self.side = ui.radio({"both": "两边", **dict(_SIDES)}, value="both").props("inline")
            self.reason = ui.input("理由").props("outlined dense autofocus").style("width:100%")
            self.reason.on("keydown.enter", act(self._unmask))
            with ui.row():
                ui.button("查看", on_click=act(self._unmask)).props("unelevated no-caps")
                ui.button("取消", on_click=self.dialog.close).props("flat no-caps")

    async def judge(self, verdict: Verdict) -> None:
        """Note the verdict; go on to the next pair, or stay to show the score that was hidden."""
        await act(self._judge)(verdict)

    def _judge(self, verdict: Verdict) -> None:
        if monotonic() - self.shown_at < TOO_SOON or not may(self.visit.account, Action.JUDGE):
            return
        pair_id = self.view.pair.pair_id
        standing = self.desk.judge(self.visit.session, pair_id, verdict, self.note.value or "")
        self.note.value = ""
        self.place = replace(self.place, draft="")
        said = f"上一对已记为“{words.VERDICTS[verdict]}”"
        if standing.state == "disputed":
            said = "上一对与别人的判断不一致，已重新打开，请双方再核"
        self._go_on(said + self._score_told())

    def _score_told(self) -> str:
        """The score that was hidden while the pair was judged."""
        pair = self.view.pair
        if not self._hides() or pair.match_weight is None:
            return ""
        return f"；它的合计是 {pair.match_weight:.1f} 比特，概率 {percent(pair.match_probability)}"

    def _hides(self) -> bool:
        """Whether the score is kept from this account until it has judged the pair."""
        judges = may(self.visit.account, Action.JUDGE)
        mine = any(who == self.visit.account.name for who, _ in self.view.pair.standing.verdicts)
        return judges and (self.place.must_hide or self.place.hide_score) and not mine

    async def skip(self) -> None:
        await act(self._go_on)("")

    async def undo(self) -> None:
        await act(self._undo)()

    def _undo(self) -> None:
        pair_id = self.desk.undo(self.visit.session)
        if pair_id is None:
            ui.notify("没有可以撤销的判断", position="top")
            return
        self._open(pair_id, "已撤销对这一对的判断")

    def _go_on(self, notice: str) -> None:
        result = self.desk.next_pair(self.visit.session, self.place.chosen, self.view.pair.pair_id)
        if result is None:
            if self.desk.watch(self.visit.session, self.view.pair.pair_id).standing is None or notice:
                ui.navigate.to("/queue")
            else:
                ui.notify("没有别的待核对了", position="top")
            return
        self._open(result, notice)

    def _open(self, pair_id: str, notice: str) -> None:
        """Another pair in this page; what was unmasked of the last one goes."""
        self.desk.leave(self.visit.session, self.view.pair.pair_id)
        self.view = self.desk.pair(self.visit.session, pair_id)
        self.originals, self.notice = {}, notice
        self.place = replace(self.place, pair_id=pair_id)
        self.desk.remember(self.visit.session, self.place)
        client().run_javascript(
            f"history.replaceState(null, '', {json.dumps('/pair/' + pair_id)}); window.scrollTo(0, 0)"
        )
        self._show()

    def _show(self) -> None:
        self.shown_at = monotonic()
        pair = self.view.pair
        bars, zero = waterfall(pair.bits, pair.match_weight)
        self.body.set_content(
            rendered(
                "pair.html", view=self.view, notice=self.notice, bars=bars, zero=zero, shown=self._texts(),
                hide_score=self._hides(), tone=_tone,
                rules="、".join(words.RULES.get(rule, rule) for rule in pair.blocking_rules),
            )
        )  # fmt: skip

    def _texts(self) -> dict[str, Any]:
        """Both sides' texts: masked, or in clear where this tab has unmasked them."""
        pair = self.view.pair
        sides: dict[str, Any] = {"left": pair.left, "right": pair.right}
        for side, original in self.originals.items():
            sides[side] = {**sides[side], **original.fields}
        clear = {f"{side}_clear": side in self.originals for side, _ in _SIDES}
        originals = [(title, self.originals[side]) for side, title in _SIDES if side in self.originals]
        return {**sides, **clear, "originals": originals}

    def _ask_unmask(self) -> None:
        self.reason.value = ""
        self.dialog.open()

    def _unmask(self) -> None:
        asked = [side for side, _ in _SIDES if self.side.value in ("both", side)]
        problems = []
        for side in asked:
            try:
                result = self.desk.unmask(self.visit.session, self.view.pair.pair_id, side, self.reason.value or "")
            except InputError as error:
                if len(asked) == 1 or error.rule not in _UNREADABLE:
                    raise
                problems.append(f"{dict(_SIDES)[side]}边：{error.message}")
            else:
                self.originals[side] = result
        self.dialog.close()
        self.notice = "；".join(problems)
        self._show()

    def _keep_draft(self) -> None:
        self.place = replace(self.place, draft=self.note.value or "")
        self.desk.remember(self.visit.session, self.place)

    def _switch(self, event: events.ValueChangeEventArguments[Any]) -> None:
        self.place = replace(self.place, hide_score=bool(event.value))
        self.desk.remember(self.visit.session, self.place)
        self._show()

    async def _key(self, event: events.KeyEventArguments) -> None:
        busy = event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta
        if not event.action.keydown or busy or not may(self.visit.account, Action.JUDGE) or self.dialog.value:
            return
        name = str(event.key.name).lower()
        if name in _VERDICT_KEYS:
            await self.judge(_VERDICT_KEYS[name])
        elif name in ("arrowright", "j"):
            await self.skip()
        elif name in ("arrowleft", "z"):
            await self.undo()
        elif name == "m":
            self._ask_unmask()

    def _watch(self) -> None:
        """What others do to this pair, and a newer version, are shown without being asked for."""
        try:
            seen = self.desk.watch(self.visit.session, self.view.pair.pair_id)
        except LoggedOut:
            self.timer.deactivate()
            self.body.set_content("")
            ui.navigate.to("/login")
            return
        others = "、".join(seen.others)
        notice = f"{others} 也在看这一对" if others else ""
        if seen.version != self.view.version:
            notice = "夜间运行发布了新版本" + ("" if seen.standing else "，这一对已不再待核对，按 → 看下一条")
        changed = seen.standing is not None and seen.standing != self.view.pair.standing
        are_gone = not notice and bool(self.notice) and self.notice == self.notice_of_others
        if changed or (notice and notice != self.notice) or are_gone:
            pair = replace(self.view.pair, standing=seen.standing or self.view.pair.standing)
            self.view, self.notice = replace(self.view, pair=pair), notice
            self.notice_of_others = notice if others else ""
            self._show_later()

    def _show_later(self) -> None:
        """Show what others did without taking the keys away from the reader: the pair is the same."""
        before = self.shown_at
        self._show()
        self.shown_at = before

    def _left(self) -> None:
        try:
            self.desk.leave(self.visit.session, self.view.pair.pair_id)
        except LoggedOut:
            return


def _tone(level: str) -> str:
    if level in _AGREE:
        return " good"
    return " bad" if level in _AGAINST else " mute" if level == "null" else " warn"
