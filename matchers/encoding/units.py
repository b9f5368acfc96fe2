"""One Chinese organisation name as its parts: region, 字号, industry, legal form, and the branch or station behind it.

重庆|蓝骑|网络科技|有限公司|巴南分公司: the parts before the branch name the firm, the branch hangs under it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources

from matchers.encoding.readings import reading, simplified

_INNER = re.compile(r"\(([^()]*)\)")
_NOISE = re.compile(r"[\"'“”‘’《》<>【】\[\]{}、,，;；:：!！?？*#~`^|\\/]+")
_DISTRICT = re.compile(
    r"^([\u4e00-\u9fff]{1,4}?(?:自治县|自治州|自治区|新区|区|县|市|旗|盟|省|州(?![市区县])))(?=[\u4e00-\u9fff]{2})"
)
_NO_DISTRICT = re.compile(r"(社区|小区|园区|景区|校区|厂区|片区|超市|城市|都市|门市|夜市|商业区|开发区|^区|^市|^县)$")
_AREA_INSIDE = re.compile(r"(?<=[\u4e00-\u9fff]{2})(街道|镇|省|市|区|县|第(?=\d)|外卖$|快递$|配送$)")
_AREA = ("自治区", "自治州", "自治县", "特别行政区", "新区", "省", "市", "区", "县")
_NUMBERS = str.maketrans("一二三四五六七八九", "123456789")
_FORM_WORDS = {"limited": "有限公司", "shares": "股份有限公司", "company": "公司"}
_MUNICIPALITIES = frozenset(("北京", "天津", "上海", "重庆"))
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
    written: str = field(default="", compare=False)
    """The firm as it was written, without what hangs under it."""

    @property
    def whole(self) -> bool:
        """A legal name written out: what it does not show, the firm does not have."""
        return self.form in _WHOLE or bool(self.form and self.form != "company")

    @property
    def firm(self) -> UnitName:
        """The firm alone; the name itself where nothing hangs under it, as with most."""
        return replace(self, branch="", branch_kind="") if self.branch or self.branch_kind else self

    @property
    def sound(self) -> str:
        """The 字号 as it is read."""
        return " ".join(reading(letter) for letter in self.core)

    def text(self) -> str:
        """The firm written in one order, the same for every way of writing the same parts."""
        wide = self.province if not self.province or self.province in _words().places else f"{self.province}市"
        place = wide + (f"{self.district}区" if self.district else "")
        return f"{place}{self.core}{self.industry}{_FORM_WORDS.get(self.form, self.form)}"


class _Suffixes:
    """Words looked up by the end or the beginning of a name, the longest first."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._by_last = _longest_first(self._words, -1)
        self._by_first = _longest_first(self._words, 0)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def ending(self, name: str, *, leave: int = 1) -> str:
        """The longest word the name ends in, with so many characters left before it."""
        for word in self._by_last.get(name[-1:], ()):
            if len(word) <= len(name) - leave and name.endswith(word):
                return word
        return ""

    def openings(self, name: str) -> list[str]:
        """Words the name begins with and does not end with, the longest first."""
        found = self._by_first.get(name[:1], ())
        return [word for word in found if len(word) < len(name) and name.startswith(word)]

    def last_end(self, name: str) -> int:
        """Where the last of these words inside a name ends; 0 where there is none behind its first character."""
        for end in range(len(name), 1, -1):
            if self.ending(name[:end]):
                return end
        return 0


def _longest_first(words: Iterable[str], place: int) -> dict[str, list[str]]:
    """Words under the character at a place of theirs: few share one, so that few are compared with a name."""
    found: dict[str, list[str]] = {}
    for word in sorted(words, key=lambda one: (-len(one), one)):
        found.setdefault(word[place], []).append(word)
    return found


@dataclass(frozen=True)
class _Words:
    provinces: frozenset[str]
    places: _Suffixes
    forms: dict[str, str]
    endings: _Suffixes
    industry: _Suffixes
    branches: dict[str, str]
    branch_words: _Suffixes
    no_branches: tuple[str, ...]
    nothing: frozenset[str]


@cache
def _words() -> _Words:
    body = tomllib.loads((resources.files("matchers.encoding") / "unit_words.toml").read_text("utf-8"))
    provinces = frozenset(body["provinces"])
    return _Words(
        provinces, _Suffixes(provinces | frozenset(body["cities"])), body["forms"],
        _Suffixes(body["endings"]["words"]), _Suffixes(body["industry"]["words"]), body["branches"],
        _Suffixes(body["branches"]), tuple(body["no_branches"]["words"]), frozenset(body["nothing"]["words"]),
    )  # fmt: skip


@lru_cache(maxsize=1 << 16)
def clean_unit(text: str) -> str:
    """Simplified, brackets of one kind, without blanks, quotes and stops."""
    return _NOISE.sub("", simplified(text).replace("〔", "(").replace("〕", ")")).strip("-—_·") if text else ""


@lru_cache(maxsize=1 << 16)
def parse_unit(text: str, firms: frozenset[str] = frozenset(), districts: frozenset[str] = frozenset()) -> UnitName:
    """The parts of a name; none of what only says that there is no unit.

    `firms`: 字号 and brands known here; `districts`: places whose 区 or 县 is often left out.
    """
    name = _balanced(clean_unit(text))
    if not name or name in _words().nothing:
        return UnitName()
    plain = _INNER.sub("", name)
    if plain in _words().branches and (
        inner := _inner(name)
    ):  # 公会（金谷百合）: a station's word with its place behind
        return parse_unit(inner[-1] + plain, firms, districts)
    head, form, tail = _at_form(plain)
    if not form:
        return _without_form(plain, _inner(name), firms, districts)
    before = _INNER.sub("", name[: name.find(form)])
    cut = name.find(form) if before == head else len(name)
    firm = _with_form(head, form, _inner(name[:cut]), districts)
    behind = [tail, *(part for part in _inner(name[cut:]) if not _is_form(part) and not _is_place(part))]
    branch, kind = _branch(next((part for part in behind if part), ""))
    return replace(firm, branch=branch, branch_kind=kind, written=name[: name.find(form) + len(form)])


def _balanced(name: str) -> str:
    """A bracket that was never closed closes at the end."""
    return name + ")" * (name.count("(") - name.count(")"))


def _inner(name: str) -> list[str]:
    """What stands in brackets; a former name (原…) says nothing of this one."""
    return [part for part in _INNER.findall(name) if part and not part.startswith(("原", "曾用名", "简称"))]


_FORM = re.compile(r"(?:集团)?(?:股份有限|有限责任|有限)公司|有限责任|股份公司|集团公司|总公司|(?<!分)公司|集团(?=$)")


def _at_form(name: str) -> tuple[str, str, str]:
    """What stands before the legal form, the form, what stands behind it."""
    found = _FORM.search(name, 1)
    if not found:
        return name, "", ""
    return name[: found.start()], found[0], name[found.end() :]


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
    return UnitName(province, district, core, industry, form, place, kind, written=firm)


def _ending(body: str) -> str:
    """The form of a name that is no company's; 出行 ends in an industry, not in 行."""
    form, trade = _words().endings.ending(body, leave=_SHORTEST_CORE), _words().industry.ending(body, leave=0)
    return form if len(form) > len(trade) else ""


def _split_station(name: str, firms: frozenset[str]) -> tuple[str, str, str]:
    """(firm, place with its station word, kind): the firm ends with its last industry word, or is known by its 字号."""
    word = _words().branch_words.ending(name)
    if not word or name.endswith(_words().no_branches):
        return name, "", ""
    kind, head = _words().branches[word], name.removesuffix(word)
    known = next((head[:size] for size in range(len(head), 1, -1) if head[:size] in firms), "")
    end = _words().industry.last_end(head)
    if end == len(head) and known != head:
        end = 0 if kind != "分公司" else end
    start = max(end if end >= _SHORTEST_CORE + 1 else 0, len(known))
    if kind == "分公司" and not start:
        start = _before_place(head)
    firm = name[:start]
    return firm, *_branch(name[start:])


def _before_place(head: str) -> int:
    """Where the place in 蓝骑巴南(分公司) begins: at a place known, else two characters before its end."""
    place = _words().places.ending(head.removesuffix("市"), leave=_SHORTEST_CORE)
    if place:
        return head.rfind(place)
    return len(head) - 2 if len(head) >= _SHORTEST_CORE + 2 else len(head)


def _branch(tail: str) -> tuple[str, str]:
    """A branch as it is compared, and its kind; none where nothing stands behind the firm."""
    tail = tail.strip("-—_·")
    if not tail:
        return "", ""
    word = _words().branch_words.ending(tail, leave=0)
    kind = _words().branches.get(word, "站点")
    place = tail.removesuffix(word).removeprefix("第")
    place = re.sub(r"第?([一二三四五六七八九])$", lambda found: found[1].translate(_NUMBERS), place)
    wide = next(iter(_words().places.openings(place)), "")
    narrow = place.removeprefix(wide).removeprefix("市")
    place = narrow if len(narrow) >= _SHORTEST_CORE else place
    place = _AREA_INSIDE.sub("", place) if len(place) > _SHORTEST_CORE else place
    return f"{place}/{kind}", kind


def _region(name: str, districts: frozenset[str]) -> tuple[str, str, str]:
    """(wider place, narrower place, what follows them)."""
    province = district = ""
    rest = name
    while True:
        wide = "" if province and province not in _with_cities() else _wide_place(rest)
        city = district if district.endswith("市") and not province else ""
        narrow = "" if wide or (district and not city) else _narrow_place(rest, districts)
        if not wide and not narrow:
            return province, _bare_area(district), rest
        if wide:
            province = wide
        elif city:  # a city that stands in no list, with its district behind it
            province, district = _bare_area(city), narrow
        else:
            district = narrow
        rest = _after_place(rest, wide or narrow)


def _with_cities() -> frozenset[str]:
    return _words().provinces - _MUNICIPALITIES


def _wide_place(rest: str) -> str:
    found = _words().places.openings(rest)
    return next((place for place in found if _names_something(_after_place(rest, place))), "")


def _narrow_place(rest: str, districts: frozenset[str]) -> str:
    """A place of the district's own, or one that says 区 or 县."""
    for place in districts:
        if rest.startswith(place) and _names_something(_after_place(rest, place)):
            return place
    found = _DISTRICT.match(rest)
    if found and len(found[1]) > _SHORTEST_CORE and not _NO_DISTRICT.search(found[1]):
        return found[1]
    return ""


def _after_place(rest: str, place: str) -> str:
    """What follows a place and the word for what kind of place it is."""
    after = rest[len(place) :]
    if not after.startswith(_AREA):
        return after
    bare = after.removeprefix(next(word for word in _AREA if after.startswith(word)))
    return bare if _names_something(bare) else after


def _names_something(text: str) -> bool:
    """Enough is left for a 字号: 南通达(物流) is not 达(物流) of 南通."""
    while word := _words().industry.ending(text, leave=0):
        text = text.removesuffix(word)
    return len(text) >= _SHORTEST_CORE


def _bare_area(place: str) -> str:
    if not place.endswith(_AREA):
        return place
    for area in _AREA:
        if place.endswith(area) and len(place) > len(area) + 1:
            return place.removesuffix(area)
    return place


def _core(body: str) -> tuple[str, str]:
    """(字号, industry): the industry is the run of its words at the end that leaves a 字号 before it."""
    industry = ""
    while word := _words().industry.ending(body, leave=_SHORTEST_CORE):
        body, industry = body.removesuffix(word), word + industry
    return body, industry


def _is_place(part: str) -> bool:
    words = _words()
    bare = part.removesuffix("市").removesuffix("省")
    return part in words.places or bare in words.places


def _is_form(part: str) -> bool:
    return any(word in part for word in ("有限合伙", "普通合伙", "个体工商户", "个人独资", "自然人", "集团", "总部"))
