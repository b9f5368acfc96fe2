"""Model files that offices trained under older names of keys are read as before, and the old names are named."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest

from flows.cli.linking import load_model
from matchers.model.link_model import LinkModel, parse_link_model
from matchers.training.report import model_text
from schemas.errors import ContractError

OLD_NAMES = tomllib.loads((resources.files("matchers.model") / "renamed_keys.toml").read_text("utf-8"))["keys"]
SHIPPED = ("people", "person_cn", "units_cn", "companies", "febrl")


def written(name: str) -> str:
    return (resources.files("matchers.models") / f"{name}.toml").read_text("utf-8")


def in_old_words(text: str) -> str:
    """The file as it stood before the keys were renamed: every renamed key under its old name."""
    body = tomllib.loads(text)
    for place, name in reversed(OLD_NAMES.items()):
        *above, old = place.split(".")
        if old != "ceilings":  # `train` wrote it in the place of `ceiling`
            _rename(body, above, name, old)
    return model_text_of(body).replace('"term_frequency"', '"counted"')


def model_text_of(body: dict[str, object]) -> str:
    import tomlkit

    return tomlkit.dumps(body)


def _rename(body: object, path: list[str], name: str, old: str) -> None:
    if path:
        inner = list(body.values()) if isinstance(body, dict) else body if isinstance(body, list) else []
        if path[0] != "*":
            inner = [body[path[0]]] if isinstance(body, dict) and path[0] in body else []
        for part in inner:
            _rename(part, path[1:], name, old)
    elif isinstance(body, dict) and name in body:
        entries = [(old if key == name else key, value) for key, value in body.items()]
        body.clear()
        body.update(entries)


def fields(model: LinkModel) -> str:
    return model.model_dump_json()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_file_in_old_words_is_the_same_model_and_one_line_names_them(name: str) -> None:
    now = parse_link_model(written(name), name)
    old = in_old_words(written(name))
    assert not re.search(r"term_frequency|evidence_tier|decision_rules|max_block_rows", old)
    before = parse_link_model(old, name)
    assert fields(before) == fields(now)
    assert now.renamed_keys_line == ""
    assert "counted 读作 term_frequency" in before.renamed_keys_line
    if now.evidence_tiers:
        assert "ceiling 读作 evidence_tier、" in before.renamed_keys_line
        assert "settling 读作 decision_rules、" in before.renamed_keys_line
    if name == "people":
        assert "crowded 读作 max_block_rows、" in before.renamed_keys_line


def test_a_trained_file_with_a_lift_is_read_and_written_in_todays_words() -> None:
    old = written("people").replace("m = 0.99, u = 0.5 }", "m = 0.99, u = 0.5, lift = 1.9 }")
    model = parse_link_model(old, "old.toml")
    assert model.comparisons["sex"]["same"].correlation_factor == 1.9
    again = model_text(model)
    assert "correlation_factor = 1.9" in again
    assert not re.search(r"lift|counted|crowded|renamed", again)
    assert parse_link_model(again, "again.toml").renamed_keys_line == ""


def test_tiers_that_train_wrote_under_their_old_name_are_read() -> None:
    text = written("person_cn").replace("[[evidence_tier]]", "[[ceilings]]")
    model = parse_link_model(text, "old.toml")
    assert fields(model) == fields(parse_link_model(written("person_cn"), "new.toml"))
    assert "[[evidence_tier]]" in model_text(model)


def test_one_key_under_both_names_is_refused() -> None:
    text = written("people").replace("[max_block_rows]", "[crowded]\nsame_phone = 3\n[max_block_rows]")
    with pytest.raises(ContractError, match=r"crowded：与 max_block_rows 是同一个键，写了两次"):
        parse_link_model(text, "both.toml")


def test_the_command_names_the_old_keys_on_standard_error(
    tmp_path: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    from pathlib import Path

    Path("old.toml").write_text(in_old_words(written("people")), "utf-8")
    load_model("old.toml")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("模型 people 用了旧的键名：")
    load_model("people")
    assert capsys.readouterr().err == ""
