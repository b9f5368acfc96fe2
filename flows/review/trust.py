"""How far judgements and rules can be trusted, from what the state store holds."""

from __future__ import annotations

from collections import defaultdict

from flows.evaluate.agreement import agreement
from flows.evaluate.confirmations import confirmations
from flows.home.keys import DistrictKey
from flows.home.store import Store
from flows.home.store.readings import KnownPairReading
from flows.review.second_readings import pairs_by_words, second_readings
from matchers.measuring.curve import Share, wilson
from reports.link_quality.trust import Rate, Trust


def trust_of(store: Store, key: DistrictKey) -> Trust:
    """Everything up to now."""
    readings = second_readings(store, key)
    words = pairs_by_words(readings)
    result = agreement(words)
    together = defaultdict(list)
    for entry in readings:
        together["、".join(sorted(entry.readers))].append(entry.first == entry.second)
    return Trust(
        agreed=_rate("全部", result.agreed),
        kappa=result.kappa,
        kappa_low=result.low,
        kappa_high=result.high,
        words=tuple((first, second, pairs) for (first, second), pairs in sorted(words.items())),
        readers=tuple(_rate(names, wilson(sum(same), len(same))) for names, same in sorted(together.items())),
        known=_rates_on_known_pairs(store.known_readings()),
        rules=tuple(_rate(confirmation.rule, confirmation.share) for confirmation in confirmations(store)),
    )


def _rates_on_known_pairs(readings: list[KnownPairReading]) -> tuple[Rate, ...]:
    right: dict[str, list[bool]] = {"全部": [], **{name: [] for name in sorted({item.by for item in readings})}}
    for entry in readings:
        for name in ("全部", entry.by):
            right[name].append(entry.verdict == ("link" if entry.same else "not_link"))
    return tuple(_rate(name, wilson(sum(words), len(words))) for name, words in right.items())


def _rate(name: str, share: Share) -> Rate:
    return Rate(name=name, right=share.right, of=share.of, rate=share.rate, low=share.low, high=share.high)
