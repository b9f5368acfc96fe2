"""What header texts are compared as: one plain form, and the forms left when decoration is taken off."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from flows.staging.values.cells import INVISIBLE, Cell, cell_text

_BLANKS = re.compile(r"[\s_]+")
_EDGES = re.compile(r"^[=*#:：、.。,\-'\"“”]+|[*#:：、.。,\-'\"“”]+$")
_BRACKETS = re.compile(r"[(\[【〔<{][^()\[\]【】〔〕<>{}]*[)\]】〕>}]")
_NUMBERING = re.compile(r"^(?:第?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[题.、.:]+|Q\d{1,2}[.、:]*)(?=[^\d])|^[①-⑳]")
_PREFIXES = re.compile(
    "^(?:请填写|请输入|填写|请选择|您的|你的|您|你|本人|个人|党员|骑手|司机|驾驶员|快递员|配送员|主播|从业人员|人员|员工|职工|参保人员|参保人"
    "|劳动者|经营者|报到人|用户|会员|从业者|注册)(?=.{2,})"
)
_CRITICAL = frozenset("出入离起止始终党团往退旧未无网车")
FOREIGN = re.compile(
    "紧急|配偶|父|母|家属|亲属|监护|介绍人|联系人|担保|推荐人|子女|爱人|代办|经办|填报|填表|审核|制表|银行|开户|团员|家长"
    "|成员关系|称谓|书记|更新|修改|创建|录入|打印|上传|保险单|保单"
)


@lru_cache(maxsize=65536)
def plain(cell: Cell) -> str:
    """A header text in NFKC, upper case, without blanks, line breaks and signs at its ends."""
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", cell_text(cell)))
    return _EDGES.sub("", _BLANKS.sub("", text)).upper()


@lru_cache(maxsize=65536)
def bare_forms(text: str) -> tuple[str, ...]:
    """A plain text's forms without brackets, units, numbering or the word for whose value it is; best first."""
    forms = dict.fromkeys([text])
    for change in (_with_brackets_open, _without_brackets, _without_numbering, _without_prefix, _without_end_number):
        for form in list(forms):
            forms.setdefault(change(form))
    for form in list(forms):
        for part in re.split("[/、|]|或", form):
            if len(part) >= 2:
                forms.setdefault(part)
    return tuple(form for form in forms if form and form != text)


def _with_brackets_open(text: str) -> str:
    return re.sub(r"[()\[\]【】〔〕<>{}]", "", text)


def _without_brackets(text: str) -> str:
    return _EDGES.sub("", _BRACKETS.sub("", text))


def _without_numbering(text: str) -> str:
    return _NUMBERING.sub("", text)


def _without_prefix(text: str) -> str:
    return _PREFIXES.sub("", text)


def _without_end_number(text: str) -> str:
    return re.sub(r"(?<=[^\d])[12一二]$", "", text)


def same_critical(left: str, right: str) -> bool:
    """Neither text has a word that turns the other's meaning round (转出/转往, 入职/离职, 党员/团员)."""
    return _CRITICAL & set(left) == _CRITICAL & set(right)
