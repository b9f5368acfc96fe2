"""An evaluation as one offline page: its curve, points, calibration, and for a ledger classes and kinds of dirt."""

from __future__ import annotations

from collections.abc import Mapping

from flows.evaluate.decisions import decision_rows
from flows.evaluate.ledger import Evaluation
from flows.evaluate.pairs import PairsEvaluation
from matchers.measuring.curve import Point, Share, ThresholdStep
from reports.threshold_page import PageTable, Threshold, threshold_page
from reports.words import CLASSES

_CLASSES = {**CLASSES, "exact_and_strong": "前两级合计"}


def pairs_page(result: PairsEvaluation, title: str) -> str:
    """The page of PAIRS against TRUTH."""
    return threshold_page(title, _thresholds(result.curve), _marks(result.best_threshold_bits), _tables(result))


def ledger_page(result: Evaluation) -> str:
    """The page of a home's newest ledger against a truth folder."""
    classes = PageTable(
        "按等级：关联中正确的", ("等级", "正确", "关联", "正确率", "95% 区间"),
        tuple((_CLASSES.get(name, name), *_cells(share)) for name, share in result.links.items()),
    )  # fmt: skip
    dirt = PageTable(
        "按毛病：应关联的行中已关联的（一行有几种毛病各算一次）",
        ("毛病", "已关联", "应关联", "比率", "95% 区间", "另有待核"),
        tuple(
            (kind, *_cells(share), str(result.by_dirt_in_review[kind].right)) for kind, share in result.by_dirt.items()
        ),
    )
    page_table = PageTable(
        "按所显示的信息和来源：应关联的行中已关联的", ("行", "已关联", "应关联", "比率", "95% 区间"),
        tuple((_group_title(name), *_cells(share)) for name, share in result.linked.items()),
    )  # fmt: skip
    title = f"一本账与真值：版本 {result.version}"
    tables = (*_tables(result), classes, page_table, dirt, *_decided(result))
    return threshold_page(title, _thresholds(result.curve), _marks(result.best_threshold_bits), tables)


def _decided(result: Evaluation) -> tuple[PageTable, ...]:
    """Scope, trades, units, hosts, advice, statuses and leads, where the truth states them."""
    if result.decisions is None:
        return ()
    rows = tuple((name, *_cells(share)) for name, share in decision_rows(result.decisions))
    return (PageTable("范围、行业、单位、组织、建议、状态、线索", ("判断", "计数", "总数", "比率", "95% 区间"), rows),)


def _group_title(name: str) -> str:
    kind, _, value = name.partition(":")
    return {"all": "全部", "shows": f"显示 {value}", "source": f"来源 {value}"}.get(kind, name)


def _thresholds(curve: tuple[ThresholdStep, ...]) -> list[Threshold]:
    return [
        Threshold(
            step.bits, step.point.precision.of, step.point.precision.right, step.point.precision.rate or 0.0,
            step.point.recall.rate or 0.0, step.point.f1,
        )
        for step in curve
    ]  # fmt: skip


def _marks(best: float | None) -> Mapping[str, float]:
    return {} if best is None else {"最佳（在真值上挑的）": best}


def _tables(result: PairsEvaluation | Evaluation) -> tuple[PageTable, PageTable]:
    points = PageTable(
        "精确、召回、F1", ("", "精确率", "区间", "召回率", "区间", "F1"),
        (
            _point("按结论", result.at_decision),
            _point("按最佳阈值（在真值上挑的，只作上限）", result.at_best_threshold),
        ),
    )  # fmt: skip
    bands = PageTable(
        "把握准不准：给出某段概率的对子中，真的占多少", ("概率", "为真", "对数", "比率", "95% 区间"),
        tuple((name, *_cells(share)) for name, share in result.calibration.items()),
    )  # fmt: skip
    return points, bands


def _point(name: str, point: Point) -> tuple[str, ...]:
    return (
        name, f"{point.precision.right:,}/{point.precision.of:,}", _interval(point.precision),
        f"{point.recall.right:,}/{point.recall.of:,}", _interval(point.recall), f"{point.f1:.4f}",
    )  # fmt: skip


def _cells(share: Share) -> tuple[str, str, str, str]:
    rate = "–" if share.rate is None else f"{share.rate:.2%}"
    return f"{share.right:,}", f"{share.of:,}", rate, _interval(share)


def _interval(share: Share) -> str:
    return "–" if share.low is None or share.high is None else f"{share.low:.2%}–{share.high:.2%}"
