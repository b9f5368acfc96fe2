"""Resident IDs (GB 11643), unified credit codes (GB 32100), phones: valid by construction, a whole column at a time."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from flows.sample.options import data
from schemas.people import ID_CHECKS, ID_WEIGHTS

Strings = NDArray[np.object_]
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = [pow(3, place, 31) for place in range(17)]


def resident_ids(regions: Strings, births: NDArray[Any], sequences: NDArray[Any]) -> Strings:
    """One ID per region, birth date and sequence."""
    body = id_bodies(regions, births, sequences)
    total = sum(body // 10 ** (16 - place) % 10 * weight for place, weight in enumerate(ID_WEIGHTS))
    checks = pa.array(list(ID_CHECKS)).take(pa.array(total % 11))
    ids: Strings = pc.binary_join_element_wise(pa.array(body).cast(pa.string()), checks, "").to_numpy(
        zero_copy_only=False
    )
    return ids


def id_bodies(regions: Strings, births: NDArray[Any], sequences: NDArray[Any]) -> NDArray[np.int64]:
    """The first 17 places of every ID, as integers: they make out the last."""
    days = births.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    month = months.astype(np.int64)
    written = (month // 12 + 1970) * 10_000 + (month % 12 + 1) * 100 + (days - months).astype(np.int64) + 1
    places = pa.array(regions, pa.string()).cast(pa.int64()).to_numpy(zero_copy_only=False)
    bodies: NDArray[np.int64] = places * 10**11 + written * 1000 + sequences
    return bodies


@cache
def region_codes() -> dict[str, tuple[str, ...]]:
    """County codes by kind: in the province, elsewhere in the country (standing or abolished alike)."""
    from stdnum import cn  # the published list travels with python-stdnum

    province = ""
    inside: list[str] = []
    outside: list[str] = []
    home = str(data("places.toml")["province_code"])
    for line in (resources.files(cn) / "loc.dat").read_text("utf-8").splitlines():
        if line[:2].isdigit():
            province = line[:2]
        code = line.strip()[:4]
        if line.startswith("  ") and code.isdigit() and not code.endswith("00"):
            (inside if province == home else outside).append(province + code)
    return {"inside": tuple(inside), "outside": tuple(outside)}


def draw_regions(rng: np.random.Generator, count: int) -> Strings:
    """Region codes of a district's people: mostly home, then the province, the country, and abolished ones."""
    places, codes = data("places.toml"), region_codes()
    away = 1 - places["home_share"] - places["province_share"] - places["abolished_share"]
    kinds = rng.choice(4, count, p=[places["home_share"], places["province_share"], places["abolished_share"], away])
    pools = [[places["district_code"]], codes["inside"], places["abolished"], codes["outside"]]
    regions = np.empty(count, object)
    for kind, pool in enumerate(pools):
        chosen = np.flatnonzero(kinds == kind)
        regions[chosen] = np.array(pool, object)[rng.integers(0, len(pool), len(chosen))]
    return regions


def draw_sequences(rng: np.random.Generator, female: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Three digits, odd for men."""
    return rng.integers(0, 499, len(female)) * 2 + np.where(female, 2, 1)


def draw_phones(rng: np.random.Generator, count: int) -> Strings:
    """Distinct mobile numbers of eleven digits."""
    prefixes = np.array(data("places.toml")["mobile_prefixes"], object)
    numbers = rng.permutation(np.unique(rng.integers(0, len(prefixes) * 10**8, count + count // 50 + 20)))[:count]
    tails = np.char.zfill((numbers % 10**8).astype(str), 8).astype(object)
    phones: Strings = prefixes[numbers // 10**8] + tails
    return phones


def credit_code(rng: np.random.Generator, self_employed: bool) -> str:
    """A valid 18-place unified social credit code; 92 for the self-employed."""
    organisation = "".join(_USCC[place] for place in rng.integers(0, 31, 9))
    first17 = ("92" if self_employed else "91") + str(data("places.toml")["district_code"]) + organisation
    total = sum(_USCC.index(character) * weight for character, weight in zip(first17, _USCC_WEIGHTS, strict=True))
    return first17 + _USCC[(31 - total % 31) % 31]
