"""One outcome per two districts of a city that named each other: their exchange, by a secret that is in no file.

Each district makes its own tokens under its own key, in a process of its own, and takes its own result in; between them
stand two files of tokens in a private folder, which go with the secret as soon as they are compared. Every exchange has
a new secret, so that nothing of one can be held against another.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from pathlib import Path

from flows.city.districts import CityHome
from flows.exchange.agreement import ExchangeAgreement
from flows.exchange.matching import match_files
from flows.exchange.result import check_together, results_of, write_result
from flows.exchange.token_file import read_tokens
from flows.home.folders import private_folder
from flows.home.store import opened_store
from flows.review.clock import day_of, utc_now
from flows.serve.children import plain_environment
from schemas.errors import InputError, SanzhaoError
from schemas.rules import Rule

_FIRST_NUMBER = 5000
"""Numbers that people agree on count from 1: `2026-0003`."""


@dataclass(frozen=True)
class DistrictPairOutcome:
    """What became of one exchange: persons found by (district of the roll, district of work), or why there was none."""

    districts: tuple[str, str]
    persons_found: dict[tuple[str, str], int]
    trouble: str = ""


@dataclass(frozen=True)
class _Exchange:
    """One exchange under way: its two districts, its agreement, and the private folder its files are in."""

    districts: tuple[CityHome, CityHome]
    agreement: ExchangeAgreement
    folder: Path


def exchange_all(root: Path, districts: Sequence[CityHome]) -> Iterator[DistrictPairOutcome]:
    """Every two districts that named each other, one exchange after the other; trouble in one stops no other."""
    named = Counter(district.name for district in districts)
    able = [
        district
        for district in districts
        if district.settings is not None and district.key_id and named[district.name] == 1
    ]
    for one, other in combinations(able, 2):
        wanted = [_names(one, other), _names(other, one)]
        if not any(wanted):
            continue
        names = (one.name, other.name)
        if not all(wanted):
            yield DistrictPairOutcome(
                names, {}, f"只有{names[wanted.index(True)]}写了对方：两区的 [city] exchange_with 都要写"
            )
            continue
        try:
            yield DistrictPairOutcome(names, _exchanged(root, (one, other)))
        except SanzhaoError as error:
            yield DistrictPairOutcome(names, {}, f"{error.message}{f'。{error.action}' if error.action else ''}")
        except OSError as error:
            yield DistrictPairOutcome(names, {}, f"文件读写不成：{error.strerror}")


def _names(home: CityHome, other: CityHome) -> bool:
    return home.settings is not None and other.name in home.settings.city.exchange_with


def _exchanged(root: Path, districts: tuple[CityHome, CityHome]) -> dict[tuple[str, str], int]:
    today = day_of(utc_now())
    agreement = ExchangeAgreement(
        number=_next_number(today.year, districts), districts=(districts[0].name, districts[1].name), made_on=today,
        expires_on=today + timedelta(days=1), secret=secrets.token_hex(32),
    )  # fmt: skip
    with tempfile.TemporaryDirectory(dir=private_folder(root / "exchange"), prefix=".") as folder:
        return _walked(_Exchange(districts, agreement, Path(folder)))


def _next_number(year: int, districts: tuple[CityHome, CityHome]) -> str:
    """A number that neither district's store has."""
    last = _FIRST_NUMBER - 1
    for district in districts:
        with opened_store(district.home, district.settings.store_url if district.settings else "") as store:
            numbers = [number.partition("-") for number in store.exchange_numbers()]
        last = max([last, *(int(place) for of, _, place in numbers if of == str(year))])
    return f"{year}-{last + 1:04d}"


def _walked(going: _Exchange) -> dict[tuple[str, str], int]:
    """Both export, the files are compared and gone, both import. Raises InputError where one of the two cannot."""
    files = [going.folder / f"{at}.tokens" for at in range(2)]
    for district, path in zip(going.districts, files, strict=True):
        _in_own_process(district, "export", going.agreement, path)
    one, other = (read_tokens(path, going.agreement) for path in files)
    check_together(one.header, other.header)
    results = results_of(one, other, match_files(one, other))
    for path in files:
        path.unlink()
    for number, (district, result) in enumerate(zip(going.districts, results, strict=True)):
        path = going.folder / f"{number}.json"
        write_result(path, result, going.agreement)
        _in_own_process(district, "import", going.agreement, path)
    return {
        (result.district, result.other): sum(pair.member_here for pair in result.pairs) for result in results
    }  # fmt: skip


def _in_own_process(home: CityHome, what: str, agreement: ExchangeAgreement, path: Path) -> None:
    """A district's part, under its own key. The secret goes through a pipe: it is in no file and no process list."""
    command = [sys.executable, "-m", "flows.city.exchange_part", what, str(home.home.root), str(path)]
    environment = {**plain_environment(), "SANZHAO_KEY_FILE": str(home.key_file)}
    done = subprocess.run(  # noqa: S603  our own command, no shell
        command, env=environment, input=agreement.model_dump_json(), capture_output=True, text=True, check=False,
        encoding="utf-8", errors="replace",
    )  # fmt: skip
    if done.returncode:
        try:
            text = str(json.loads(done.stderr.splitlines()[-1])["trouble"])
        except (ValueError, KeyError, IndexError, TypeError):
            text = "中途停下，见该区 logs"
        raise InputError(f"{home.name}：{text}", rule=Rule.EXCHANGE_OTHER, action="改好后再运行一次")
