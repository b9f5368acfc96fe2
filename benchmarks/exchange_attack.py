"""What an attacker gets out of one file of tokens: by counting, by trying every ID there is, and with the key.

The attacker holds district a's file, knows how IDs are made (region, date of birth, sequence, check digit) and has
another district's names as a table of how frequent names are. Printed beside it: what the same attack yields against
what is not sent: a token per field, and a hash without a key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from time import process_time

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from flows.exchange.agreement import ExchangeAgreement
from flows.exchange.macs import tokens
from flows.exchange.sides import DistrictSides
from flows.exchange.token_file import Section, TokenFile
from matchers.encoding.compared_names import compare_name, surname_of
from matchers.encoding.readings import simplified
from schemas.people import check_digit

_YEARS, _DAYS, _SEQUENCES = 60, 365.25, 999
_REGIONS = 3_200
"""County codes in use; with those that were abolished about twice as many."""
_COMMON_NAMES = 100


def attacks(agreement: ExchangeAgreement, file: TokenFile, own: DistrictSides, others: DistrictSides) -> None:
    """Run and print all of them."""
    by_counting(file, own.members, others.members)
    by_dictionary(file, own.members)
    with_the_key(agreement, file, own, others)


def by_counting(file: TokenFile, members: pa.Table, others: pa.Table) -> None:
    """Tokens that stand more than once; and how many names a token per name would have given away."""
    for name, section in (("members", file.members), ("workers", file.workers)):
        repeated = len(section.tokens) - len(np.unique(section.tokens, axis=0))
        alike = len(np.unique(section.checks)) / (1 << 32)
        chance = 1 - np.exp(-section.checks.size / (1 << 32))
        print(f"counting, {name}: {len(section.tokens):,} tokens, {repeated} of them repeated; distinct checks "
              f"{alike:.4%} of all there are, chance alone {chance:.4%}")  # fmt: skip
    for what, part, tops in (("name", str, (100,)), ("surname", _surname, (5, 20))):
        ours, known = (
            Counter(part(name) for name in side["name"].to_pylist() if name) for side in (members, others)
        )  # fmt: skip
        for most in tops:
            ranked, guessed = ([one for one, _ in counts.most_common(most)] for counts in (ours, known))
            right = sum(ours[one] for one, guess in zip(ranked, guessed, strict=True) if one == guess)
            among = sum(ours[one] for one in set(ranked) & set(guessed))
            print(f"counting, a token per {what} instead: the {most} most frequent guessed by rank, right for "
                  f"{right / ours.total():.1%} of rows; one of the {most} guessed for "
                  f"{among / ours.total():.1%}")  # fmt: skip


def _surname(name: str) -> str:
    return surname_of(simplified(name))


def by_dictionary(file: TokenFile, members: pa.Table) -> None:
    """Every ID of one region and year: by a plain hash, and by tokens under a key the attacker does not have."""
    ids = [one for one in members["id_number"].to_pylist() if one and "*" not in one]
    region = Counter(one[:6] for one in ids).most_common(1)[0][0]
    year = int(Counter(one[6:10] for one in ids if one[:6] == region).most_common(1)[0][0])
    wanted = [one for one in ids if one[:6] == region and one[6:10] == str(year)]
    candidates = list(_ids(region, year))
    hashes = {hashlib.sha256(one.encode()).digest() for one in ids}
    started = process_time()
    hit = sum(hashlib.sha256(one.encode()).digest() in hashes for one in candidates)
    rate = len(candidates) / (process_time() - started)
    whole = _YEARS * _DAYS * _SEQUENCES
    print(f"dictionary, a hash without a key instead: region {region}, born {year}: {hit:,} of {len(set(wanted)):,} "
          f"IDs recovered; {rate / 1e6:.2f} million tries/s on a core in Python: one region and {_YEARS} years "
          f"{whole / rate:.0f} s, the country {whole * _REGIONS / rate / 3600:.1f} h")  # fmt: skip
    guess = tokens(secrets.token_bytes(32), [f"i|{one}" for one in candidates])
    print(f"dictionary, without the key: {_hits(file.members, guess)} of {len(wanted):,} recovered")


def with_the_key(agreement: ExchangeAgreement, file: TokenFile, own: DistrictSides, others: DistrictSides) -> None:
    """What the other district, whose key it is too, or whoever stole it, gets out of the file."""
    key = agreement.key("token")
    ids = [one for one in own.members["id_number"].to_pylist() if one and "*" not in one]
    region = Counter(one[:6] for one in ids).most_common(1)[0][0]
    year = int(Counter(one[6:10] for one in ids if one[:6] == region).most_common(1)[0][0])
    messages = [f"i|{one}" for one in _ids(region, year)]
    started = process_time()
    guess = tokens(key, messages)
    hit = _hits(file.members, guess)
    rate = len(messages) / (process_time() - started)
    wanted = len({one for one in ids if one[:6] == region and one[6:10] == str(year)})
    whole = _YEARS * _DAYS * _SEQUENCES
    share = sum(one[:6] == region for one in ids) / len(ids)
    print(f"key known, members: region {region}, born {year}: {hit:,} of {wanted:,} full IDs recovered; "
          f"{rate / 1e6:.2f} million tries/s on a core: all of the region ({share:.0%} of the roll) "
          f"{whole / rate:.0f} s, the country {whole * _REGIONS / rate / 3600:.1f} h")  # fmt: skip
    _masked_workers(key, file, own, others, region)


def _masked_workers(key: bytes, file: TokenFile, own: DistrictSides, others: DistrictSides, region: str) -> None:
    """Names with 6+4 of workers who show no more, by the most frequent names of another district."""
    known = Counter(compare_name(name).name_fold for name in others.members["name"].to_pylist() if name)
    folds = [fold for fold, _ in known.most_common(_COMMON_NAMES + 1) if fold][:_COMMON_NAMES]
    started, hit, tried = process_time(), 0, 0
    for fold in folds:
        guess = tokens(key, [f"h|{region}{tail:03d}{last}|{fold}" for tail in range(1000) for last in "0123456789X"])
        hit, tried = hit + _hits(file.workers, guess), tried + len(guess)
    rate = tried / (process_time() - started)
    masked = [
        (number, compare_name(name).name_fold)
        for name, number in zip(own.workers["name"].to_pylist(), own.workers["id_number"].to_pylist(), strict=True)
        if name and number and "*" in number and "*" not in number[:6] + number[14:]
    ]
    here = {(number[:6] + number[14:], fold) for number, fold in masked if number[:6] == region}
    among = sum(fold in set(folds) for _, fold in here)
    reach = sum(fold in known for _, fold in here)
    print(f"key known, masked workers: the {len(folds)} most frequent names of another district x one region x 11,000 "
          f"tails: {hit:,} persons' name and 6+4 recovered ({among:,} of {len(here):,} there bear such a name); "
          f"all {len(known):,} names known there {len(known) * 11_000 / rate / 60:.0f} minutes on a core, "
          f"{reach / max(1, len(here)):.0%} within reach")  # fmt: skip


def _hits(section: Section, guess: npt.NDArray[np.uint64]) -> int:
    """Tokens of a section that a guess makes too."""
    ours = np.sort(section.tokens[:, 0])
    at = np.minimum(np.searchsorted(ours, guess[:, 0]), len(ours) - 1)
    return int((ours[at] == guess[:, 0]).sum())


def _ids(region: str, year: int) -> Iterator[str]:
    """Every ID of a region and year of birth."""
    day = date(year, 1, 1)
    while day.year == year:
        for first17 in _numbers(f"{region}{day:%Y%m%d}", range(1, _SEQUENCES + 1)):
            yield first17 + check_digit(first17)
        day += timedelta(days=1)


def _numbers(head: str, sequence: Sequence[int]) -> Iterator[str]:
    return (f"{head}{one:03d}" for one in sequence)
