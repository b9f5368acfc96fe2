"""recordlinkage's ECM on agreement vectors beside our EM: shares of agreement in both classes, warnings, never trust.

ECM takes binary columns without nulls, so missing counts as not agreeing there; what ours says is put in the same
terms (the share of pairs that show and agree, among candidates) before the two are compared. It knows no frequencies,
may swap its classes, and on tightly blocked candidates may find another mode: it warns, and decides nothing.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.model.link_model import LinkModel
from matchers.training.em import Floats, TrainingPairs, posterior
from matchers.weighing.weights import Learned

_MOST_ROWS = 20_000
_FAR = 0.1
_FAR_MATCHES = 0.2


@dataclass(frozen=True)
class AgreementShares:
    """One comparison: share of pairs that agree, among matches (m) and the other candidates (u), ours and ECM's."""

    column: str
    ours: tuple[float, float]
    ecm: tuple[float, float]


@dataclass(frozen=True)
class CrossCheck:
    """What ECM made of the same candidates; `matches` are shares of the candidates."""

    columns: tuple[AgreementShares, ...]
    matches: tuple[float, float]
    swapped: bool
    warnings: tuple[str, ...]


def cross_check(pairs: TrainingPairs, learned: Learned, model: LinkModel) -> CrossCheck | None:
    """Null where ECM cannot run: fewer than two columns that both agree and differ among the candidates."""
    counts = pairs.all
    vectors = {c: (level > 0) & (learned.bits(c)[level] > 0) for c, level in pairs.levels.items()}
    sampled = _sampled(counts)
    mixed = [c for c, agree in vectors.items() if 0 < sampled[agree].sum() < sampled.sum()]
    if len(mixed) < 2:
        return None
    ecm = _ecm({c: vectors[c] for c in mixed}, sampled)
    post = posterior(learned, pairs.levels)
    share = _share_of(counts * post, counts)
    if ecm is None:
        return CrossCheck((), (share, 0.0), False, ("ECM 没有给出结果（数值溢出）",))
    prior, rates, swapped = ecm
    columns = tuple(
        AgreementShares(c, (_share(agree := vectors[c], counts * post), _share(agree, counts * (1 - post))), rates[c])
        for c in mixed
    )
    shares = (share, prior)
    return CrossCheck(columns, shares, swapped, _differences(columns, shares, swapped))


def _share(agree: npt.NDArray[np.bool_], weights: Floats) -> float:
    return float(weights[agree].sum() / max(weights.sum(), 1e-9))


def _share_of(part: Floats, whole: Floats) -> float:
    return float(part.sum() / max(whole.sum(), 1e-9))


def _sampled(counts: Floats) -> npt.NDArray[np.int64]:
    """Pairs per pattern in a like sample of at most so many; largest remainders first, so always the same."""
    whole = counts * min(1.0, _MOST_ROWS / max(counts.sum(), 1.0))
    kept: npt.NDArray[np.int64] = np.floor(whole).astype(np.int64)
    rest = round(float(whole.sum())) - int(kept.sum())
    kept[np.argsort(kept - whole, kind="stable")[: max(rest, 0)]] += 1
    return kept


def _ecm(
    vectors: dict[str, npt.NDArray[np.bool_]], counts: npt.NDArray[np.int64]
) -> tuple[float, dict[str, tuple[float, float]], bool] | None:
    """Share of matches, (m, u) per column, and whether its classes came out swapped (they are turned back)."""
    import pandas as pd
    from recordlinkage.classifiers import ECMClassifier

    frame = pd.DataFrame({c: np.repeat(agree, counts).astype(np.int8) for c, agree in vectors.items()})
    classifier = ECMClassifier(init="jaro", binarize=None, max_iter=500)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)  # it speaks through the root logger
        try:
            classifier.fit(frame)
        finally:
            logging.disable(logging.NOTSET)
    logs, priors = classifier.kernel.feature_log_prob_, np.exp(classifier.kernel.class_log_prior_)
    if not (np.isfinite(priors).all() and np.isfinite(np.exp(logs)).all()):
        return None
    rates = np.exp(logs[:, 1::2])  # per column the binariser has two places, not agreeing and agreeing
    match = int(rates[1].sum() >= rates[0].sum())
    shares = {c: (float(rates[match][n]), float(rates[1 - match][n])) for n, c in enumerate(vectors)}
    return float(priors[match]), shares, match == 0


def _differences(columns: tuple[AgreementShares, ...], shares: tuple[float, float], swapped: bool) -> tuple[str, ...]:
    notes = []
    if swapped:
        notes.append("ECM 的两类颠倒，已换回来再比")
    if abs(shares[0] - shares[1]) > _FAR_MATCHES * max(shares):
        notes.append(f"候选中真对的比例：本模型 {shares[0]:.2%}，ECM {shares[1]:.2%}，相差较大")
    for column in columns:
        if abs(column.ours[0] - column.ecm[0]) > _FAR:
            notes.append(f"{column.column}：真对中一致的比例，本模型 {column.ours[0]:.3f}，ECM {column.ecm[0]:.3f}")
    return tuple(notes)
