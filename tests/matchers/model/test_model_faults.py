"""A mistake in a model file is said in Chinese: the file, the key, what is wrong, and what to do."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from flows.cli.app import app
from flows.cli.ending import ended
from matchers.model.link_model import parse_link_model
from schemas.errors import ContractError

PEOPLE = (resources.files("matchers.models") / "people.toml").read_text("utf-8")
DISTRICT = (resources.files("matchers.models") / "person_cn.toml").read_text("utf-8")
FULL = 'exact = { m = 0.92, u = "term_frequency" }'
SOUND = 'sound = { m = 0.04, u = "term_frequency" }'
RULE = 'same_id = ["id_number.full"]'

PLAIN = [
    ("prior = 0.03", "prio = 0.03", "prio", "是不是 prior"),
    ("prior = 0.03", 'prior = "0.03"', "prior", "应是数"),
    ("prior = 0.03", "prior = 3", "prior", "应小于 1.0，现在是 3"),
    ('version = "2026.11.3"', "version = 2026", "version", "应是文字"),
    ('unique = ["left", "right"]', 'unique = ["both"]', "unique.0", "只能是 'left'、'right'"),
    ('unique = ["left", "right"]', 'unique = "left"', "unique", "应是一列"),
    ('name = "person_name"', 'name = "barcode"', "columns.name", "person_name"),
    (RULE, 'same_id = ["idcard.full"]', "blocking.same_id", "idcard 不在 [columns] 中"),
    (RULE, 'same_id = ["id_number.half"]', "blocking.same_id", "id_number.tail4"),
    (RULE, "same_id = []", "blocking.same_id", "没有键"),
    (RULE, '"same id" = ["id_number.full"]', "blocking.same id", "换一个名字"),
    (FULL, 'exact = { m = 1.5, u = "term_frequency" }', "comparisons.name.exact.m", "不应大于 1.0"),
    (FULL, 'exact = { m = nan, u = "term_frequency" }', "comparisons.name.exact.m", "现在是 nan"),
    (FULL, "exact = { m = 0.92, u = 1.2 }", "comparisons.name.exact.u", "不大于 1 的数"),
    (FULL, "exact = { m = 0.92, u = -0.1 }", "comparisons.name.exact.u", "不大于 1 的数"),
    (FULL, 'exact = { m = 0.92, u = "count" }', "comparisons.name.exact.u", '或 "term_frequency"'),
    (FULL, 'exakt = { m = 0.92, u = "term_frequency" }', "comparisons.name.exakt", "各级：exact、sound"),
    (f"{FULL}\n{SOUND}", f"{SOUND}\n{FULL}", "comparisons.name", "排成：exact、sound"),
    ("near = { m = 0.03, u = 1e-7 }", 'near = { m = 0.03, u = "term_frequency" }', "id_number.near.u", "full、visible"),
    ("different = { m = 0.015, u = 0.99 }", "", "comparisons.name", "最后一级是 different"),
    ("[comparisons.sex]", "[comparisons.gender]", "comparisons.gender", "birth_date、sex"),
    ('birth_date = "id_number"', 'birth_date = "name"', "implied.birth_date", "不是证件号列"),
    ("review_probability = 0.2", "review_probability = 0.6", "review_probability", "不能高于关联线"),
    ("[columns]", "[columns", "第9行", "不是 TOML"),
]
TIERS = [
    ('decision = "link"', 'decision = "links"', "“full_id_and_compatible_name”.decision", "只能是"),
    ('class = "exact"\n', "", "“full_id_and_compatible_name”.class", "decision 为 link"),
    ('when = { name = ["masked", "placeholder"] }', 'when = { name = ["veiled"] }', "“masked_name”", "没有 veiled"),
    ("when = { sex =", "when = { gender =", "“sex_differs”", "没有比较 gender"),
    ("needs_probability = true", 'needs_probability = "yes"', "needs_probability", "true 或 false"),
    ("needs_probability = true", "need_probability = true", "need_probability", "是不是 needs_probability"),
    ("身份证号{id_number}一致", "身份证号{id}一致", ".sentence", "没有 {id}"),
    ("when = {}", 'when = { name = ["exact"] }', "[[evidence_tier]]", "兜底"),
    ("[decision_rules]", "[decision_rule]", "decision_rule", "decision_rules"),
    ("0.11, 0.1]", "0.11]", "decision_rules.id_digit_chance", "应有 12"),
    ("shared_from_names = 4", "shared_from_names = 1", "decision_rules.owners.shared_from_names", "不应小于 2"),
    ('full_key = "phone.full"', 'ful_key = "phone.full"', "decision_rules.owners.ful_key", "是不是 full_key"),
    ('per_cluster = "id_number.full"', 'per_cluster = "id_number.whole"', "unique_per_cluster", "id_number.full"),
    ('{ id_number = ["full"] } #', '{ id_number = ["whole"] } #', "rules.never_pruned.id_number", "没有 whole"),
    ('optional = ["id_number"', 'optional = ["idnumber"', "optional.idnumber", "不在 [columns] 中"),
    ('u = 0.00001 }', 'u = "term_frequency" }', "id_number.one_digit.u", "写一个数"),
    ("m = 0.930, u =", "m = 0.930, correlation_factor = 2, u =", "comparisons.name.exact.correlation_factor", "删去"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "old", "new", "key", "said"),
    [(PEOPLE, *case) for case in PLAIN] + [(DISTRICT, *case) for case in TIERS],
)
def test_every_kind_of_mistake_names_file_key_and_what_to_do(
    text: str, old: str, new: str, key: str, said: str
) -> None:
    assert old in text
    with pytest.raises(ContractError) as refused:
        parse_link_model(text.replace(old, new, 1), "我的模型.toml")
    line = str(refused.value)
    assert line.startswith("我的模型.toml：")
    assert key in line
    assert said in line
    assert refused.value.action
    assert not re.search(r"[Ii]nput|should|[Ff]ield|[Vv]alue error", line)


def test_all_mistakes_are_told_at_once() -> None:
    text = PEOPLE.replace("prior = 0.03", "prior = 3", 1).replace(FULL, FULL.replace("m =", "mm ="))
    with pytest.raises(ContractError) as refused:
        parse_link_model(text, "m.toml")
    assert refused.value.count == 3
    assert [one.partition("：")[0] for one in refused.value.examples] == [
        "comparisons.name.exact.m", "comparisons.name.exact.mm"
    ]  # fmt: skip


def test_a_model_of_another_encoding_is_refused_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.toml").write_bytes('name = "模型"'.encode("gb18030"))
    (tmp_path / "t.csv").write_text("row_id,name\n1,a\n", "utf-8")
    words = [
        "dedupe",
        str(tmp_path / "t.csv"),
        "--model",
        str(tmp_path / "m.toml"),
        "--out",
        str(tmp_path / "o.parquet"),
    ]
    assert ended(app, words) == 1
    assert "UTF-8" in capsys.readouterr().err
