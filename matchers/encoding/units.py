"""One Chinese organisation name as its parts: region, 字号, industry, legal form, and the branch or station behind it.

重庆|蓝骑|网络科技|有限公司|巴南分公司: the parts before the branch name the firm, the branch hangs under it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from matchers.encoding.readings import reading, simplified

_INNER = re.compile(r"\(([^()]*)\)")
_NOISE = re.compile(r"[\"'“”‘’《》<>【】\[\]{}、,，;；:：!！?？*#~`^|\\/]+")
_DISTRICT = re.compile(
    r"^([\u4e00-\u9fff]{1,4}?(?:自治县|自治州|自治区|新区|区|县|市|旗|盟|省|州))(?=[\u4e00-\u9fff]{2})"
)
_NO_DISTRICT = re.compile(r"(社区|小区|园区|景区|校区|厂区|片区|超市|城市|都市|门市|夜市|商业区|开发区|^区|^市|^县)$")
_AREA_INSIDE = re.compile(r"(?<=[\u4e00-\u9fff]{2})(街道|镇|省|市|区|县|第(?=\d)|外卖$|快递$|配送$)")
_AREA = ("自治区", "自治州", "自治县", "特别行政区", "新区", "省", "市", "区", "县")
_NUMBERS = str.maketrans("一二三四五六七八九", "123456789")
_WHOLE = frozenset(("limited", "shares"))
_SHORTEST_CORE = 2


@dataclass(frozen=True)
class UnitName:
    """The parts of one name; a part that the name does not show is empty.

    `province` is the wider place (a province or a city), `district` the narrower. `form`: limited, shares, company, or
    the word itself of a form that is no company. `branch` and `branch_kind` name what hangs under the firm.
    """

    province: str = ""
    district: str = ""
    core: str = ""
    industry: str = ""
    form: str = ""
    branch: str = ""
    branch_kind: str = ""

    @property
    def whole(self) -> bool:
        """A legal name written out: what it does not show, the firm does not have."""
        return self.form in _WHOLE or bool(self.form and self.form != "company")

    @property
    def firm(self) -> UnitName:
        """The firm alone."""
        return replace(self, branch="", branch_kind="")

    @property
    def sound(self) -> str:
        """The 字号 as it is read."""
        return " ".join(reading(letter) for letter in self.core)

    def text(self) -> str:
        """The parts in one normal order, the same for every way of writing the same parts."""
        return "".join((self.province, self.district, self.core, self.industry, self.form, self.branch))


@dataclass(frozen=True)
class _Words:
    provinces: tuple[str, ...]
    cities: tuple[str, ...]
    forms: dict[str, str]
    endings: tuple[str, ...]
    industry: tuple[str, ...]
    branches: dict[str, str]
    nothing: frozenset[str]


@cache
def _words() -> _Words:
    body = tomllib.loads((resources.files("matchers.encoding") / "unit_words.toml").read_text("utf-8"))
    return _Words(
        tuple(body["provinces"]), _longest(body["cities"]), _by_length(body["forms"]),
        _longest(body["endings"]["words"]), _longest(body["industry"]["words"]), _by_length(body["branches"]),
        frozenset(body["nothing"]["words"]),
    )  # fmt: skip


def _longest(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def _by_length(words: dict[str, str]) -> dict[str, str]:
    return {word: words[word] for word in _longest(words)}


def clean_unit(text: str) -> str:
    """Simplified, brackets of one kind, without blanks, quotes and stops."""
    return _NOISE.sub("", simplified(text).replace("〔", "(").replace("〕", ")")).strip("-—_·") if text else ""


def parse_unit(text: str, firms: frozenset[str] = frozenset(), districts: frozenset[str] = frozenset()) -> UnitName:
    """The parts of a name; none of what only says that there is no unit.

    `firms`: 字号 and brands known here; `districts`: places whose 区 or 县 is often left out.
    """
    name = _balanced(clean_unit(text))
    if not name or name in _words().nothing:
        return UnitName()
    plain = _INNER.sub("", name)
    head, form, tail = _at_form(plain)
    if not form:
        return _without_form(plain, _inner(name), firms, districts)
    before = _INNER.sub("", name[: name.find(form)])
    cut = name.find(form) if before == head else len(name)
    firm = _with_form(head, form, _inner(name[:cut]), districts)
    behind = [tail, *(part for part in _inner(name[cut:]) if not _is_form(part) and not _is_place(part))]
    branch, kind = _branch(next((part for part in behind if part), ""))
    return replace(firm, branch=branch, branch_kind=kind)


def _balanced(name: str) -> str:
    """A bracket that was never closed closes at the end."""
    return name + ")" * (name.count("(") - name.count(")"))


def _inner(name: str) -> list[str]:
    """What stands in brackets; a former name (原…) says nothing of this one."""
    return [part for part in _INNER.findall(name) if part and not part.startswith(("原", "曾用名", "简称"))]


def _at_form(name: str) -> tuple[str, str, str]:
    """What stands before the legal form, the form, what stands behind it."""
    places = [
        (name.find(word), -len(word), word) for word in _words().forms
        if name.find(word) > 0 and not name[: name.find(word)].endswith("分")
    ]  # fmt: skip
    if not places:
        return name, "", ""
    at, _, word = min(places)
    return name[:at], word, name[at + len(word) :]


def _with_form(head: str, form: str, inner: list[str], districts: frozenset[str]) -> UnitName:
    """The firm: what stands in brackets before the form is a place or says more of the form."""
    province, district, body = _region(head, districts)
    for part in inner:
        if not _is_form(part):
            wide, narrow = _placed(part, districts)
            province, district = province or wide, district or narrow
    core, industry = _core(body)
    return UnitName(province, district, core, industry, _words().forms[form])


def _placed(part: str, districts: frozenset[str]) -> tuple[str, str]:
    """A place in brackets as (wider, narrower)."""
    wide, narrow, rest = _region(part + "有限", districts)
    if rest == "有限":
        return wide, narrow
    return wide, rest.removesuffix("有限")


def _without_form(name: str, inner: list[str], firms: frozenset[str], districts: frozenset[str]) -> UnitName:
    """A short name, a name that ends in another form, or one of a branch or a station."""
    outside = [part for part in inner if not _is_form(part) and not _is_place(part)]
    firm, place, kind = _split_station(name, firms)
    if not kind and outside:
        place, kind = _branch(outside[-1])
        firm = name
    province, district, body = _region(firm, districts) if firm else ("", "", "")
    for part in inner:
        if _is_place(part):
            wide, narrow = _placed(part, districts)
            province, district = province or wide, district or narrow
    form = _ending(body)
    core, industry = _core(body.removesuffix(form)) if body else ("", "")
    return UnitName(province, district, core, industry, form, place, kind)


def _ending(body: str) -> str:
    """The form of a name that is no company's; 出行 ends in an industry, not in 行."""
    form = next((word for word in _words().endings if body.endswith(word) and len(body) > len(word) + 1), "")
    trade = next((word for word in _words().industry if body.endswith(word)), "")
    return form if len(form) > len(trade) else ""


def _split_station(name: str, firms: frozenset[str]) -> tuple[str, str, str]:
    """(firm, place with its station word, kind): the firm ends with its last industry word, or is known by its 字号."""
    word = next((word for word in _words().branches if name.endswith(word) and len(name) > len(word)), "")
    if not word:
        return name, "", ""
    kind, head = _words().branches[word], name.removesuffix(word)
    known = next((one for one in sorted(firms, key=len, reverse=True) if head.startswith(one)), "")
    end = max((head.rfind(one) + len(one) for one in _words().industry if head.rfind(one) > 0), default=0)
    if end == len(head) and known != head:
        end = 0 if kind != "分公司" else end
    start = max(end if end >= _SHORTEST_CORE + 1 else 0, len(known))
    if kind == "分公司" and not start:
        start = _before_place(head)
    firm = name[:start]
    return firm, *_branch(name[start:])


def _before_place(head: str) -> int:
    """Where the place in 蓝骑巴南(分公司) begins: at a place known, else two characters before its end."""
    for place in (*_words().cities, *_words().provinces):
        if head.endswith((place, place + "市")) and len(head) > len(place) + 1:
            return head.rfind(place)
    return len(head) - 2 if len(head) >= _SHORTEST_CORE + 2 else len(head)


def _branch(tail: str) -> tuple[str, str]:
    """A branch as it is compared, and its kind; none where nothing stands behind the firm."""
    tail = tail.strip("-—_·")
    if not tail:
        return "", ""
    word = next((word for word in _words().branches if tail.endswith(word)), "")
    kind = _words().branches.get(word, "站点")
    place = tail.removesuffix(word).removeprefix("第")
    place = re.sub(r"第?([一二三四五六七八九])$", lambda found: found[1].translate(_NUMBERS), place)
    wide = next((one for one in (*_words().provinces, *_words().cities) if place.startswith(one)), "")
    narrow = place.removeprefix(wide).removeprefix("市")
    place = narrow if len(narrow) >= _SHORTEST_CORE else place
    place = _AREA_INSIDE.sub("", place) if len(place) > _SHORTEST_CORE else place
    return f"{place}/{kind}", kind


def _region(name: str, districts: frozenset[str]) -> tuple[str, str, str]:
    """(wider place, narrower place, what follows them)."""
    province = district = ""
    rest = name
    while True:
        place, wide, after = _next_place(rest, districts, first=not (province or district))
        if not place:
            return province, district, rest
        if wide:
            province = place
        else:
            district = place
        rest = after


def _next_place(rest: str, districts: frozenset[str], *, first: bool) -> tuple[str, bool, str]:
    for place in (*_words().provinces, *_words().cities):
        if rest.startswith(place) and len(rest) >= len(place) + _SHORTEST_CORE:
            after = rest[len(place) :]
            area = next((word for word in _AREA if after.startswith(word)), "")
            if area and len(after) >= len(area) + _SHORTEST_CORE:
                after = after.removeprefix(area)
            return ("" if place == "中国" and not first else place), True, after
    for place in districts:
        if rest.startswith(place) and len(rest) >= len(place) + _SHORTEST_CORE:
            after = rest[len(place) :]
            area = next((word for word in ("区", "县", "市") if after.startswith(word)), "")
            return place, False, after.removeprefix(area) if len(after) >= _SHORTEST_CORE + len(area) else after
    found = _DISTRICT.match(rest)
    if found and not _NO_DISTRICT.search(found[1]) and len(found[1]) > 2:
        place = found[1]
        for area in _AREA:
            place = place.removesuffix(area) if len(place) > len(area) + 1 else place
        return place, False, rest[len(found[1]) :]
    return "", False, rest


def _core(body: str) -> tuple[str, str]:
    """(字号, industry): the industry is the run of its words at the end that leaves a 字号 before it."""
    industry = ""
    while True:
        word = next(
            (word for word in _words().industry if body.endswith(word) and len(body) - len(word) >= _SHORTEST_CORE), ""
        )
        if not word:
            return body, industry
        body, industry = body.removesuffix(word), word + industry


def _is_place(part: str) -> bool:
    words = _words()
    bare = part.removesuffix("市").removesuffix("省")
    return part in words.provinces or bare in words.provinces or bare in words.cities


def _is_form(part: str) -> bool:
    return any(word in part for word in ("有限合伙", "普通合伙", "个体工商户", "个人独资", "自然人", "集团", "总部"))
