"""One night with a file of every kind of odd value: nobody is named by a placeholder, nobody lost by a spelling."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from schemas.people import check_digit
from tests.flows.command import sanzhao, without_reports

pytestmark = pytest.mark.slow

SURNAMES = ["公孙", "澹台", "诸葛", "司马", "令狐", "轩辕", "尉迟", "钟离"]
GIVEN = ["渝禾", "朔舒", "霁澜", "煜屿", "琮舟", "岚衡"]
ROLL_HEAD = "党员编号,姓名,性别,公民身份号码,出生日期,人员类别,加入党组织日期,所在党支部,党组织代码,手机号码,党籍状态"
HEAD = "平台,骑手编号,姓名,身份证号,手机号,站点,合作商,配送类型,入职日期,状态,是否党员,所属镇街"
ELSEWHERE = "中共垫川县高滩镇长岭村支部委员会"


class Member:
    """One invented member; what of them differs between the roll and the platform is given by each case."""

    made = 0

    def __init__(self, **changed: str) -> None:
        n = Member.made
        Member.made += 1
        first = f"500113{1980 + n % 15}0{1 + n % 9}1{n % 9}{100 + n}"
        self.number = f"59{n:08d}"
        self.name = SURNAMES[n % len(SURNAMES)] + GIVEN[n // len(SURNAMES) % len(GIVEN)]
        self.id = first + check_digit(first)
        self.phone = f"1987610{n * 37 % 10000:04d}"
        self.roll = {"name": self.name, "id": self.id, "phone": self.phone, "branch": ELSEWHERE, "code": "500399000777"}
        self.roll |= changed

    def on_roll(self) -> str:
        one = self.roll
        born = f"{self.id[6:10]}-{self.id[10:12]}-{self.id[12:14]}"
        sex = "男" if int(self.id[16]) % 2 else "女"
        return (
            f"{self.number},{one['name']},{sex},{one['id']},{born},正式党员,2010-06-15,{one['branch']},{one['code']},"
            f"{one['phone']},正常"
        )

    def row(self, **shown: str) -> str:
        one = {"name": self.name, "id": "", "phone": self.phone, "unit": "", "since": "2026-11-01"} | shown
        return (
            f"青鸟,QN{self.number},{one['name']},{one['id']},{one['phone']},石栈东林站,{one['unit']},外卖骑手,"
            f"{one['since']},在职,,石栈街道"
        )


NOTHING = [Member() for _ in range(6)]
SAME = [Member() for _ in range(4)]
DEFAULT_DAYS = ["1970-01-01", "1970/1/1 8:00:00", "1900-01-01", "1899-12-30", "1990-05-01", "0001-01-01", "2024-01-05"]
EPOCH = [Member() for _ in DEFAULT_DAYS]
SPELLED = [
    (Member(name="买买提·吐尔逊"), "买买提&middot;吐尔逊"),
    (Member(name="李皓珩"), "李皓&#29673;"),
    (Member(name="王长风"), "王⻓风"),
    (Member(name="赵立言"), "赵⽴言"),
    (Member(name="周明轩"), "周明\ufe00轩"),
    (Member(name="吴思远"), "\u3164吴思远"),
    (Member(name="郑可欣"), "郑可欣😀"),
    (Member(name="孙若溪（曾用名：孙小芳）"), "孙小芳"),
    (Member(name="冯一诺"), "冯大壮[原名 冯一诺]"),
]
BYTES = [Member() for _ in range(3)]
CODED = [Member(branch="石栈渡口支部", code="000050011388") for _ in range(2)]
STRANGERS = [
    (Member(phone="13800000000"), {"phone": "13800000000"}),
    (Member(phone="13666666666"), {"phone": "13666666666"}),
    (Member(phone="15012345678"), {"phone": "15012345678"}),
    (Member(id="111111111111111111", phone=""), {"id": "111111111111111111", "phone": "19912340001"}),
    (Member(id="123456789012345678", phone=""), {"id": "123456789012345678", "phone": "19912340002"}),
    (Member(id="500113199013010011", phone=""), {"id": "500113199013010011", "phone": "19912340003"}),
    (Member(id="500113198802030000", phone=""), {"id": "500113198802030000", "phone": "19912340004"}),
    (Member(phone="17700001111"), {"phone": "17700001111"}),
]
MEMBERS = [*NOTHING, *SAME, *EPOCH, *(one for one, _ in SPELLED), *BYTES, *CODED, *(one for one, _ in STRANGERS)]


def files() -> dict[str, bytes]:
    words = ["NaN", "nan", "\\N", "(null)", "#REF!", "暂无"]
    nothing = [one.row(id=one.id, unit=word) for one, word in zip(NOTHING, words, strict=True)]
    same = [
        one.row(id=one.id, unit=unit)
        for one, unit in zip(SAME, ["澜江区顺和配送服务有限公司", "同上", "〃", "″"], strict=True)
    ]
    epoch = [one.row(id=one.id, since=day) for one, day in zip(EPOCH, DEFAULT_DAYS, strict=True)]
    strangers = [one.row(**shown) for one, shown in STRANGERS]
    shared = [Member().row(phone="17700001111") for _ in range(6)]
    numbering = ["甲,乙,丙,丁,1,2,3,4,5,6,7,8", "1,2,3,4,5,6,7,8,9,10,11,12"]
    sums = ["汇总,,,,,,,,,,,", ",,合计,,,,,,,,6人,", "本页小计,,6人,,,,,,,,,"]
    tables = {
        "青鸟甲.csv": [*numbering, *nothing, *sums],
        "青鸟乙.csv": same,
        "青鸟丙.csv": epoch,
        "青鸟丁.csv": [one.row(name=name) for one, name in SPELLED],
        "青鸟戊.csv": [*strangers, *shared],
        "青鸟己.csv": [one.row(id=one.id, since="2024-01-05") for one in CODED],
    }
    made = {f"platform/{name}": "\n".join([HEAD, *rows]).encode() for name, rows in tables.items()}
    made["party_members/党员名册补充.csv"] = "\n".join([ROLL_HEAD, *(one.on_roll() for one in MEMBERS)]).encode()
    made["platform/青鸟庚.parquet"] = in_bytes()
    made["party_organisations/补充.xlsx"] = register()
    return made


def in_bytes() -> bytes:
    """Texts as Impala writes them."""
    rows = [one.row(id=one.id).split(",") for one in BYTES]
    columns = zip(*rows, strict=True)
    table = pa.table({name: pa.array([cell.encode() for cell in cells], pa.binary()) for name, cells in
                      zip(HEAD.split(","), columns, strict=True)})  # fmt: skip
    sink = io.BytesIO()
    pq.write_table(table, sink, store_schema=False)
    return sink.getvalue()


def register() -> bytes:
    """One branch whose code is a number under a format of zeros."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["党组织代码", "党组织名称", "组织类别", "所属镇街"])
        sheet.write_row(1, 0, ["", "中共澜江区石栈街道渡口党支部", "党支部", "石栈街道"])
        sheet.write_number(1, 0, 50011388, book.add_format({"num_format": "000000000000"}))
    return sink.getvalue()


@pytest.fixture(scope="module")
def night(small_district: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("kinds")
    drop, home = Path(shutil.copytree(small_district / "drop", folder / "drop")), folder / "home"
    for name, data in files().items():
        (drop / name).write_bytes(data)
    assert sanzhao("init", "--home", home).code == 0
    without_reports(home)
    answer = sanzhao("run", "--home", home, "--drop", drop, "--as-of", "2026-11-20")
    assert answer.code in (0, 3), answer.err
    con = duckdb.connect()
    con.execute(f"create view ledger as select * from '{home}/ledger/ledger.parquet'")
    con.execute(f"create view review as select * from '{next((home / 'ledger/versions').glob('*/review.parquet'))}'")
    yield con
    con.close()


def numbers(people: list[Member]) -> list[str]:
    return sorted(one.number for one in people)


def found(night: duckdb.DuckDBPyConnection, what: str, file: str) -> list[tuple[object, ...]]:
    return night.execute(
        f"select {what} from ledger where len(list_filter(evidence, e -> e.file = $file)) > 0 order by member_no",
        {"file": file},
    ).fetchall()


def test_no_unit_and_nobody_is_called_by_a_word_for_nothing(night: duckdb.DuckDBPyConnection) -> None:
    firm = ["澜江区顺和配送服务有限公司"]  # the one firm that other files write beside their station
    assert found(night, "member_no, units", "青鸟甲.csv") == [(number, firm) for number in numbers(NOTHING)]


def test_a_ditto_is_the_unit_above(night: duckdb.DuckDBPyConnection) -> None:
    unit = ["澜江区顺和配送服务有限公司"]
    assert found(night, "member_no, units", "青鸟乙.csv") == [(number, unit) for number in numbers(SAME)]


def test_a_default_day_is_no_start_of_work(night: duckdb.DuckDBPyConnection) -> None:
    rows = found(night, "member_no, list_contains(statuses, 'P2')", "青鸟丙.csv")
    expected = [(one.number, day == "2024-01-05") for one, day in zip(EPOCH, DEFAULT_DAYS, strict=True)]
    assert rows == expected


def test_a_name_in_another_spelling_or_a_former_name_is_found(night: duckdb.DuckDBPyConnection) -> None:
    rows = found(night, "member_no, match_class", "青鸟丁.csv")
    assert rows == [(number, "strong") for number in numbers([one for one, _ in SPELLED])]


def test_strangers_who_share_a_dummy_number_are_not_linked(night: duckdb.DuckDBPyConnection) -> None:
    assert found(night, "member_no", "青鸟戊.csv") == []


def test_bytes_of_parquet_and_codes_under_zeros_are_read_as_shown(night: duckdb.DuckDBPyConnection) -> None:
    assert found(night, "member_no, match_class", "青鸟庚.parquet") == [(one, "exact") for one in numbers(BYTES)]
    rows = found(night, "member_no, statuses, home_org_code", "青鸟己.csv")
    assert rows == [(number, ["N0"], "000050011388") for number in numbers(CODED)]
