"""Two files compared, a result for each district: by one of the two, or by a third party that has no secret."""

from __future__ import annotations

from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

from flows.exchange.agreement import ExchangeAgreement
from flows.exchange.matching import match_files
from flows.exchange.result import check_together, results_of, write_result
from flows.exchange.token_file import TokenFile, read_tokens
from flows.home.folders import Home
from schemas.errors import InputError
from schemas.rules import Rule


@dataclass(frozen=True)
class ExchangeComparison:
    """What was written, with the pairs in each, and what did not become a pair."""

    written: dict[Path, int]
    checked_away: int
    two_candidates: int


def compare_files(
    files: tuple[Path, Path], out: Path, home: Home | None, agreement: ExchangeAgreement | None
) -> ExchangeComparison:
    """Write a result for either district into a folder.

    Raises InputError where the files are not of one exchange, the agreement is over, or neither file is the district's
    own: a file is given for a file.
    """
    one, other = (read_tokens(path, agreement) for path in files)
    check_together(one.header, other.header)
    if home is not None and agreement is not None:
        _note(home, agreement, (one, other))
    matched = match_files(one, other)
    written = {}
    results = results_of(one, other, matched)
    paths = [out / f"交换结果-{result.exchange}-{result.district}.json" for result in results]
    for path in paths:
        if path.exists():
            raise InputError(
                "已有这个文件，不覆盖", where=path.name, rule=Rule.FILE_TAKEN, action="换一个 --out 文件夹"
            )
    for path, result in zip(paths, results, strict=True):
        write_result(path, result, agreement)
        written[path] = len(result.pairs)
    return ExchangeComparison(written, matched.checked_away, matched.two_candidates)


def _note(home: Home, agreement: ExchangeAgreement, files: tuple[TokenFile, TokenFile]) -> None:
    """Note the act; the district's own file must be among the two."""
    from flows.review.office import Office

    office = Office.open(home)
    try:
        agreement.other(office.district)
        agreement.check_open(office.today())
        begun = office.store.exchange(agreement.number)
        if begun is None or begun.digest not in {file.digest for file in files}:
            raise InputError(
                "两个文件里没有本区导出的那一个", rule=Rule.EXCHANGE_OTHER,
                action="一份换一份：先用这份约定导出本区的文件（exchange export），再比对",
            )  # fmt: skip
        office.audit(getuser(), "exchange_match", f"{agreement.number} {begun.other}")
    finally:
        office.close()
