"""What a command says it took the columns of a table for."""

from __future__ import annotations

from flows.cli.linking import load_model
from flows.cli.understood import understood


def test_every_column_of_a_table_is_accounted_for() -> None:
    line = understood("左表", ["编号", "姓名", "身份证号", "备注"], load_model("person_cn"), "编号")
    assert line == (
        "左表：姓名当作姓名（name），身份证号当作身份证号（id_number）；编号列 编号；"
        "没有 phone、birth_date、sex、district、employer；不用 备注"
    )


def test_a_table_under_the_models_own_names_leaves_nothing_aside() -> None:
    model = load_model("people")
    line = understood("表", [*model.columns], model, "row_id")
    assert "没有" not in line
    assert "不用" not in line
    assert "name当作姓名" in line


def test_a_table_of_which_nothing_is_understood_says_so() -> None:
    line = understood("左表", ["a", "b"], load_model("people"), "a")
    assert line.startswith("左表：没有认出模型的列；编号列 a；没有 ")


def test_without_the_id_column_the_columns_that_look_like_one_are_named() -> None:
    line = understood("左表", ["编号", "姓名", "备注"], load_model("person_cn"), "row_id")
    assert "没有编号列 row_id，像编号的有 编号" in line
