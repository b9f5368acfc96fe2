"""The register of organisations, looked up by code or by any form of a name, and the chain above each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from flows.organisations.names import OrganisationName, code_forms, forms, is_code, read_name

_SHORTEST = 3


@dataclass(frozen=True)
class RegisterRow:
    """One row of the register: `parent` is a name or a code, as written."""

    org_id: int
    code: str | None
    name: str
    parent: str | None = None
    street: str | None = None


class OrganisationRegister:
    """Tonight's register; `district` is the region whose name may be left out, beside those the register writes."""

    def __init__(self, organisations: Iterable[RegisterRow], district: str = "") -> None:
        self._all = sorted(organisations, key=lambda entry: entry.org_id)
        self._district = district

    def find(self, name: str | None, code: str | None = None) -> int | None:
        """The organisation of a code or name, whatever form it is written in; None where it is not in the register.

        A code goes first, also one that stands where a name should. A name must agree in place and kind (one without an
        ending means the branch), and must not name another region; a shortened one
        (street or region left out) counts only where one organisation alone can be meant.
        """
        for given in (code, name if is_code(name) else None):
            for number in code_forms(given):
                if number in self._by_code:
                    return self._by_code[number]
        read = read_name(name)
        if read is None:
            return None
        for form in (read, *self._without_region_word(read)):
            result = [entry for entry in self._by_place.get(form.place, ()) if self._may_be(form, entry)]
            if result:
                return min(result, key=lambda entry: (self._names[entry].kind != "branch", entry))
        return self._shortened(read)

    def above(self, org_id: int) -> tuple[int, ...]:
        """The organisations over this one, nearest first."""
        chain: list[int] = []
        at = self._parents.get(org_id)
        while at is not None and at not in chain and at != org_id:
            chain.append(at)
            at = self._parents.get(at)
        return tuple(chain)

    def same(self, left: str | None, right: str | None) -> bool:
        """Whether two names mean one organisation, in the register or not."""
        result = self.find(left), self.find(right)
        if None not in result:
            return result[0] == result[1]
        if is_code(left) and is_code(right):
            return code_forms(left)[-1] == code_forms(right)[-1]
        a, b = read_name(left), read_name(right)
        if a is None or b is None or result != (None, None) or a.place != b.place or not _one_kind(a.kind, b.kind):
            return False
        return a.region is None or b.region is None or a.region == b.region

    def is_at_or_above(self, org: str | None, branch: tuple[str | None, str | None]) -> bool:
        """Whether `org` (a name) is the branch (name, code) itself or stands over it."""
        if org is None:
            return False
        mine = self.find(*branch)
        theirs = self.find(org)
        if mine is None or theirs is None:
            return self.same(org, branch[0]) or (theirs == mine and self.same(org, branch[1]))
        return theirs == mine or theirs in self.above(mine)

    @cached_property
    def _names(self) -> Mapping[int, OrganisationName]:
        result = ((entry.org_id, read_name(entry.name)) for entry in self._all)
        return {org_id: name for org_id, name in result if name is not None}

    @cached_property
    def _by_code(self) -> Mapping[str, int]:
        """Organisations by each form of their codes; a form other than the written one counts if it is one code's."""
        codes: dict[str, int] = {}
        loose: dict[str, dict[str, int]] = defaultdict(dict)
        for entry in self._all:
            written, *others = code_forms(entry.code) or ("",)
            if written:
                codes.setdefault(written, entry.org_id)
                for form in (written, *others):
                    loose[form].setdefault(written, entry.org_id)
        return {form: next(iter(result.values())) for form, result in loose.items() if len(result) == 1} | codes

    @cached_property
    def _by_place(self) -> Mapping[str, Sequence[int]]:
        places: dict[str, list[int]] = defaultdict(list)
        for org_id, name in self._names.items():
            places[name.place].append(org_id)
        return places

    @cached_property
    def _regions(self) -> frozenset[str]:
        """Regions of this district's own organisations."""
        own = read_name(self._district)
        return frozenset(
            {name.region for name in self._names.values() if name.region} | set(own.regions if own else ())
        )

    @cached_property
    def _parents(self) -> Mapping[int, int]:
        result = {entry.org_id: self.find(entry.parent, entry.parent) for entry in self._all if entry.parent}
        return {org_id: parent for org_id, parent in result.items() if parent is not None}

    def _may_be(self, read: OrganisationName, org_id: int) -> bool:
        mine = self._names[org_id]
        if not _one_kind(read.kind, mine.kind):
            return False
        if read.region is None:
            return True
        return read.region == mine.region or (mine.region is None and read.region in self._regions)

    def _without_region_word(self, read: OrganisationName) -> Iterable[OrganisationName]:
        """澜江石栈街道… for 澜江区石栈街道…: the region's last character left out."""
        for region in sorted(self._regions, key=len, reverse=True):
            stem = region[:-1]
            if len(stem) > 1 and read.region is None and read.place.startswith(stem):
                yield replace(read, place=read.place.removeprefix(stem))

    @cached_property
    def _by_place_behind(self) -> Mapping[str, Sequence[int]]:
        """Organisations by what stands behind a street or town in their place: 柳林社区 of 石栈街道柳林社区."""
        behind: dict[str, list[int]] = defaultdict(list)
        for org_id, name in self._names.items():
            for place in _places_behind(name.place):
                behind[place].append(org_id)
        return behind

    def _shortened(self, read: OrganisationName) -> int | None:
        """The one organisation whose place ends with the name's, or the name's with its, behind a street or town."""
        longer = self._by_place_behind.get(read.place, ())
        shorter = (entry for place in _places_behind(read.place) for entry in self._by_place.get(place, ()))
        result = {entry for entry in (*longer, *shorter) if self._may_be(read, entry)}
        return result.pop() if len(result) == 1 else None


def _one_kind(left: str | None, right: str | None) -> bool:
    """An ending left out says nothing."""
    return left is None or right is None or left == right


def _places_behind(place: str) -> list[str]:
    """What a place ends with behind the name of a street or town: 柳林社区 of 石栈街道柳林社区."""
    heads = range(1, len(place) - _SHORTEST + 1)
    return [place[at:] for at in heads if place[:at].endswith(forms().parts)]
