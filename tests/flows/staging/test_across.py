"""What only the night's files together show."""

from __future__ import annotations

from pathlib import Path

from tests.flows.staging.night import staged

NAMES = ["向秀芬", "王伟", "李娜", "张强", "刘洋", "杨帆", "赵敏"]
ONE_ID = "500113196903072842"


def test_a_number_that_many_names_bear_is_nobodys_and_named(tmp_path: Path) -> None:
    own = [f"1981234567{n}" for n in range(7)]
    shared = "".join(f"蓝骑,{name},{phone}、19900001234,\n" for name, phone in zip(NAMES, own, strict=True))
    with_id = "".join(f"{name},{ONE_ID},网约车,渝A{n}\n" for n, name in enumerate(NAMES[:4]))
    files = {
        "platform/a.csv": f"平台,姓名,手机号,身份证号\n{shared}蓝骑,*伟,19900001234,\n".encode(),
        "transport/b.csv": f"姓名,身份证号,从业资格类别,车牌号\n{with_id}".encode(),
    }
    with staged(tmp_path, files) as night:
        assert night.rows("select phones from stage_platform order by row_key") == [([one],) for one in own] + [(None,)]
        assert night.rows("select distinct id_number, id_number_kind from stage_transport") == [(None, "other")]
        found = "select field, count(*), any_value(original) from stage_repairs where repair = 'number_of_many' "
        assert night.rows(found + "group by 1 order by 1") == [("id_number", 5, ONE_ID), ("phones", 8, "19900001234")]


def test_codes_that_differ_in_leading_zeros_alone_are_one_where_the_register_has_but_one(tmp_path: Path) -> None:
    roll = "姓名,公民身份号码,党组织代码\n" + "".join(
        f"{name},,{code}\n" for name, code in zip(NAMES, ["0000388", "388", "00041", "7", "9"], strict=False)
    )
    roll = roll.replace(",,", f",{ONE_ID},")
    register = "党组织代码,党组织名称\n388,甲支部\n41,乙支部\n0041,丙支部\n007,丁支部\n"
    files = {"party_members/a.csv": roll.encode(), "party_organisations/b.csv": register.encode()}
    with staged(tmp_path, files) as night:
        codes = [code for (code,) in night.rows("select branch_code from stage_party_members order by row_key")][-5:]
        assert codes == ["0000388", "0000388", "00041", "007", "9"]
        registered = [code for (code,) in night.rows("select org_code from stage_party_organisations order by row_key")]
        assert registered == ["0000388", "41", "0041", "007"]
        assert night.rows("select original from stage_repairs where repair = 'leading_zeros' order by 1") == [
            ("388",), ("388",), ("7",),
        ]  # fmt: skip
