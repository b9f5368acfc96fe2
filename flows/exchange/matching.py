"""Pairs of a member of one district and a worker of the other, from two files of tokens alone.

A worker's entry and a member's are of one person where the token is the same and every check of the worker's stands
among the member's. A worker whom that ties to two members is tied to nobody. The same two files give the same pairs and
numbers wherever they are compared: by either district, or by a third party without the secret.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flows.exchange.rules import rules
from flows.exchange.token_file import FIELDS, Section, TokenFile, slots_of

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ExchangePair:
    """One pair: its number, whose member it is, and the entries by which it was found, of the member and the worker."""

    number: int
    member_of: str
    works_in: str
    entries: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Matched:
    """All pairs of two files, and what did not become one."""

    pairs: tuple[ExchangePair, ...]
    checked_away: int
    """Entries of one token whose checks differ: another sex, date of birth, or digit of an ID."""
    two_candidates: int
    """Workers tied to more than one member."""


def match_files(entry: TokenFile, other: TokenFile) -> Matched:
    """Pairs of two files of one exchange, numbered in an order that both sides come to."""
    first, second = sorted((entry, other), key=lambda file: file.header.district)
    pairs: list[ExchangePair] = []
    away = doubtful = 0
    for at_home, away_from_home in ((first, second), (second, first)):
        entries, differing = _agreeing(at_home.members, away_from_home.workers)
        kept, several = _by_single_member(entries)
        away, doubtful = away + differing, doubtful + several
        districts = at_home.header.district, away_from_home.header.district
        pairs += [ExchangePair(len(pairs) + place, *districts, own) for place, own in enumerate(_by_person(kept), 1)]
    return Matched(tuple(pairs), away, doubtful)


def _agreeing(members: Section, workers: Section) -> tuple[Places, int]:
    """Entries (member, worker) of one token whose checks agree, and how many were of one token only."""
    pairs = _by_token(members, workers)
    agree = np.ones(len(pairs), bool)
    for field in FIELDS:
        ours, theirs = slots_of("members")[field], slots_of("workers")[field]
        left, right = members.checks[pairs[:, 0], ours], workers.checks[pairs[:, 1], theirs]
        agree &= (left[:, :, None] == right[:, None, :]).any(axis=(1, 2))
    return pairs[agree], int((~agree).sum())


def _by_token(members: Section, workers: Section) -> Places:
    if not len(members.tokens):
        return np.zeros((0, 2), np.int64)
    order = np.argsort(members.tokens[:, 0], kind="stable")
    ordered = members.tokens[order]
    at = np.minimum(np.searchsorted(ordered[:, 0], workers.tokens[:, 0]), len(ordered) - 1)
    same = np.flatnonzero((ordered[at] == workers.tokens).all(axis=1))
    return np.stack([order[at[same]], same], axis=1)


def _blocks(entries: Places) -> Places:
    return np.asarray(entries // np.array([rules().tokens_per_member, rules().tokens_per_worker]), np.int64)


def _by_single_member(entries: Places) -> tuple[Places, int]:
    """The entries of workers who are tied to one member only, and how many workers are tied to several."""
    blocks = np.unique(_blocks(entries), axis=0)
    workers, members = np.unique(blocks[:, 1], return_counts=True)
    several = workers[members > 1]
    return entries[~np.isin(_blocks(entries)[:, 1], several)], len(several)


def _by_person(entries: Places) -> list[tuple[tuple[int, int], ...]]:
    """Entries put together by pair of persons, in the order of the files: chance."""
    result: dict[tuple[int, int], list[tuple[int, int]]] = {}
    ordered = entries[np.lexsort((entries[:, 1], entries[:, 0]))]
    for (member, worker), (first, second) in zip(_blocks(ordered).tolist(), ordered.tolist(), strict=True):
        result.setdefault((member, worker), []).append((first, second))
    return [tuple(entry) for entry in result.values()]
