"""A trained model as a file, and its report in Chinese for the person who approves it."""

from __future__ import annotations

import math

import tomlkit

from matchers.linkage.model import LinkModel
from matchers.linkage.training import Training


def model_text(model: LinkModel) -> str:
    """The model as TOML."""
    body = model.model_dump(mode="json", exclude_none=True)
    return tomlkit.dumps(body)


def report_text(training: Training) -> str:
    """Parameters, convergence, rule yields and warnings, for approval."""
    model, learned = training.model, training.learned
    trained = model.trained_on
    lines = [
        f"# 模型训练说明：{model.name} {model.version}",
        "",
        f"- 左表 {trained.left_rows:,} 行，右表 {trained.right_rows:,} 行，候选 {trained.pairs:,} 对"
        if trained
        else "",
        f"- {learned.rounds} 轮收敛；估计真对 {training.expected_matches:,.0f}",
        "",
        "## 分组规则各带来多少对（约数）",
        "",
        *(f"- {plan.rule}：{plan.pairs:,}" for plan in training.plan),
        "",
        "## 各级一致的分值（比特；m 为真对中的比例，u 为随机两行中的比例）",
        "",
        "| 列 | 级 | m | u | 比特 |",
        "|---|---|---|---|---|",
    ]
    for column, levels in model.comparisons.items():
        for number, name in enumerate(levels, 1):
            m, u = float(learned.m[column][number]), float(learned.u[column][number])
            lines.append(f"| {column} | {name} | {m:.4f} | {u:.3g} | {math.log2(m / u):+.1f} |")
    lines += ["", "## 提醒", "", *(f"- {warning}" for warning in training.warnings or ("没有",)), ""]
    return "\n".join(lines)
