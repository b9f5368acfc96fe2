"""A trained model as a file, and its report in Chinese for the person who approves it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import tomlkit

from matchers.model.link_model import TERM_FREQUENCY, LevelWeight, LinkModel
from matchers.training.crosscheck import CrossCheck
from matchers.training.train import JudgedFigures, Training
from matchers.weighing.weights import Round

_DECISIONS = {"link": "关联", "review": "待核", "reject": "另有更相符", "below": "低于待核"}
_SIDES = {"left": "左表", "right": "右表"}
_MOST_ROUNDS_PRINTED = 25
_BAR = 30


def model_text(model: LinkModel) -> str:
    """The model as TOML."""
    body = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return tomlkit.dumps(body)


def report_text(training: Training) -> str:
    """The whole report, for approval: expected error, weights before and after, convergence, rule yields, warnings."""
    parts = (
        _heading(training), _reminders(training), _outcomes(training), _unlinkable(training), _weights(training),
        _convergence(training.learned.history), _rules(training), _crosscheck(training.crosscheck),
        _judged(training.judged), _approval(),
    )  # fmt: skip
    return "\n".join(line for part in parts for line in part) + "\n"


def _heading(training: Training) -> Iterator[str]:
    trained, learned = training.model.trained_on, training.learned
    yield f"# 模型训练说明：{training.model.name} {training.model.version}"
    yield ""
    if trained:
        yield f"- 由 {trained.base} 训练而来，没有用真值"
        yield f"- 左表 {trained.left_rows:,} 行，右表 {trained.right_rows:,} 行，候选 {trained.pairs:,} 对"
    yield f"- {learned.rounds} 轮收敛；估计真对 {training.expected_matches:,.0f}"


def _reminders(training: Training) -> Iterator[str]:
    yield from ("", "## 提醒", "")
    reminders = (*training.warnings, *(training.crosscheck.warnings if training.crosscheck else ()))
    yield from (f"- {reminder}" for reminder in reminders or ("没有",))


def _outcomes(training: Training) -> Iterator[str]:
    """Expected error: what the probabilities themselves say is wrong among links and missed outside them."""
    model = training.model
    yield from ("", "## 用在这两张表上会怎样（由概率推算，不是核对出来的）", "")
    yield from ("| 结论 | 对数 | 其中估计为真 | 其中估计为假 |", "|---|---:|---:|---:|")
    for outcome in training.outcomes:
        wrong = outcome.pairs - outcome.matches
        yield f"| {_DECISIONS[outcome.decision]} | {outcome.pairs:,} | {outcome.matches:,.1f} | {wrong:,.1f} |"
    by = {outcome.decision: outcome for outcome in training.outcomes}
    linked = by["link"]
    missed = sum(outcome.matches for name, outcome in by.items() if name != "link")
    wrong = linked.pairs - linked.matches
    share = f"（{wrong / linked.pairs:.3%}）" if linked.pairs else ""
    yield ""
    yield f"- 关联线 概率 {model.link_probability}：估计错连 {wrong:,.1f} 对{share}，候选中漏掉 {missed:,.1f} 对"
    yield f"- 待核线 概率 {model.review_probability}：要人看 {by['review'].pairs:,} 对"


def _unlinkable(training: Training) -> Iterator[str]:
    yield from ("", "## 连不上的行（自己的信息太少：即使对方每一项都一致，也到不了关联线）", "")
    for side in training.unlinkable:
        share = f"，占 {side.unlinkable / side.rows:.2%}" if side.rows else ""
        yield f"- {_SIDES[side.side]}：抽查 {side.rows:,} 行，连不上 {side.unlinkable:,} 行{share}"


def _weights(training: Training) -> Iterator[str]:
    """Before and after, level by level."""
    yield from ("", "## 各级一致的分值（比特；m 为真对中的比例，u 为随机两行中的比例）", "")
    yield from (
        "| 列 | 级 | m 原来 | m 现在 | u 原来 | u 现在 | 比特 原来 | 比特 现在 |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    )
    for column, levels in training.model.comparisons.items():
        for number, name in enumerate(levels, 1):
            before = training.before.comparisons[column][name]
            m, u = float(training.learned.m[column][number]), float(training.learned.u[column][number])
            yield (
                f"| {column} | {name} | {before.m:.4f} | {m:.4f} | {_chance(before)} | {u:.3g} | "
                f"{_bits(before)} | {math.log2(m / u):+.1f}{'（均）' if levels[name].u == TERM_FREQUENCY else ''} |"
            )
    yield from ("", "“均”：逐值计数的级，这里是平均数；用时按每个值有多少人可能是它来算。")
    yield "u：能逐值计数的级，模型里写了数就用这个数；其他级按这两张表重算，原来的数不再用。"


def _chance(level: LevelWeight) -> str:
    return "逐值" if isinstance(level.u, str) else f"{level.u:.3g}"


def _bits(level: LevelWeight) -> str:
    return "逐值" if isinstance(level.u, str) else f"{math.log2(level.m / level.u):+.1f}"


def _convergence(history: tuple[Round, ...]) -> Iterator[str]:
    """One line per round: the largest move, as a bar over its logarithm, and the matches expected."""
    yield from ("", "## 收敛", "", "```", "  轮     最大变动  （每格约四分之一个数量级）          估计真对  变动最大")
    printed = history if len(history) <= _MOST_ROUNDS_PRINTED else history[:: len(history) // _MOST_ROUNDS_PRINTED + 1]
    for number, step in enumerate(history, 1):
        if step in printed or number == len(history):
            bar = "█" * max(0, min(_BAR, round(4 * (math.log10(max(step.moved, 1e-9)) + 7))))
            yield f"{number:>4}  {step.moved:>11.7f}  {bar:<{_BAR}}  {step.matches:>12,.1f}  {step.column}.{step.level}"
    yield "```"


def _rules(training: Training) -> Iterator[str]:
    yield from ("", "## 分组规则各带来多少对（约数）", "")
    yield from (f"- {plan.rule}：{plan.pairs:,}" for plan in training.plan)


def _crosscheck(check: CrossCheck | None) -> Iterator[str]:
    """Our shares beside ECM's."""
    yield from ("", "## 与 recordlinkage 的 ECM 对照", "")
    if check is None:
        yield "- 没有对照：候选中有变化的列不足两列"
        return
    yield "ECM 只看一致与否，缺值当作不一致，不计频次，可能停在别的解上；只作对照，不采用它的数。"
    yield ""
    yield f"- 候选中真对的比例：本模型 {check.matches[0]:.2%}，ECM {check.matches[1]:.2%}"
    if check.columns:
        yield from ("", "| 列 | 真对中一致 本模型 | ECM | 其余候选中一致 本模型 | ECM |", "|---|---:|---:|---:|---:|")
    for column in check.columns:
        shares = (column.ours[0], column.ecm[0], column.ours[1], column.ecm[1])
        yield f"| {column.column} | {' | '.join(f'{share:.3f}' for share in shares)} |"


def _judged(judged: JudgedFigures | None) -> Iterator[str]:
    if judged is None:
        return
    yield from ("", "## 人工判断", "")
    yield f"- 用了：是同一人 {judged.same} 对，不是 {judged.other} 对；编号不在表里的 {judged.unknown} 条没有用"
    yield f"- 与分值不合：同一人而概率不到一半 {judged.same_unlikely} 对，不是而概率过半 {judged.other_likely} 对"


def _approval() -> Iterator[str]:
    """What approving means: nothing uses the new file until a person puts it to use."""
    yield from (
        "", "## 批准", "",
        "新模型不会自动启用。看过以上各项、认为可用，由负责人把新文件放到平时所用模型的位置；",
        "旧文件留存。不认可的，删去新文件即可，原模型没有改动。", "",
        "批准人：＿＿＿＿＿＿　日期：＿＿＿＿＿＿",
    )  # fmt: skip
