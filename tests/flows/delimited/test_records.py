"""Delimited text: what is one record, and which lines are mended or broken."""

from __future__ import annotations

import pytest

from flows.delimited import decode, read_records
from schemas.errors import InputError

HEAD = ["姓名", "手机", "站点", "状态"]
ROWS = [[f"张{n}", f"138000000{n:02d}", f"{n}站", "在职"] for n in range(20)]


def text(changed: dict[int, str], delimiter: str = ",", end: str = "\n") -> str:
    lines = [delimiter.join(row) for row in (HEAD, *ROWS)]
    for at, line in changed.items():
        lines[at] = line
    return end.join(lines) + end


@pytest.mark.parametrize(
    "line",
    [
        '张2,"13800000002,2站,在职', '张2,13800000002",2站,在职', '"张2,13800000002,2站,在职',
        '张2,13800000002,2站,在职"', '"张2","13800000002,2站,在职', '张2,13800000002,2站,"在职',
    ],
)  # fmt: skip
def test_a_lone_quote_is_a_plain_character_and_its_line_is_named(line: str) -> None:
    found = read_records(text({3: line}))
    assert (found.rows[3], found.mended, found.broken) == (ROWS[2], [3], set())
    assert found.rows[4:] == ROWS[3:]


def test_two_lone_quotes_do_not_make_one_cell_of_the_lines_between_them() -> None:
    found = read_records(text({3: '张2,"13800000002,2站,在职', 9: '张8,13800000008,8站",在职'}))
    assert (found.rows[1:], found.mended) == (ROWS, [3, 9])


@pytest.mark.parametrize(
    "station", ["2站\n南区", "2站\r\n南区", "甲,乙\n丙,丁,戊", '2站\n"南"区', "\n2站", "2站\n\n南区"]
)
def test_line_breaks_in_quoted_cells_stay_in_their_cells(station: str) -> None:
    escaped = station.replace('"', '""')
    found = read_records(text({3: f'张2,13800000002,"{escaped}",在职'}, end="\r\n"))
    assert (found.rows[3], found.mended, found.broken) == ([*ROWS[2][:2], station, "在职"], [], set())
    assert found.rows[4:] == ROWS[3:]
    assert found.line(4) == 5 + station.count("\n")


def test_a_quote_that_no_reading_resolves_breaks_its_own_line_alone() -> None:
    found = read_records(text({3: '张2,"13800000002,2站'}))
    assert (found.broken, found.rows[4:]) == ({3}, ROWS[3:])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，", "；", "^", "\x01"])
def test_the_delimiter_is_found_whatever_quotes_stand_about(delimiter: str) -> None:
    found = read_records(text({1: delimiter.join(['"张0', *ROWS[0][1:]])}, delimiter))
    assert (found.delimiter, found.rows) == (delimiter, [HEAD, *ROWS])


def test_a_first_line_that_names_the_delimiter_is_no_row() -> None:
    found = read_records("sep=;\n" + text({}, ";"))
    assert (found.rows[0], found.rows[1:]) == ([], [HEAD, *ROWS])


def test_single_quotes_around_all_cells_are_quotes() -> None:
    found = read_records("\n".join(",".join(f"'{cell}'" for cell in row) for row in (HEAD, *ROWS)))
    assert found.rows == [HEAD, *ROWS]


def test_quotes_escaped_by_a_backslash_stay_in_their_cell() -> None:
    found = read_records(text({3: '"张2","13800000002","2\\"站\\"","在职"'}))
    assert (found.rows[3], found.broken) == (["张2", "13800000002", '2"站"', "在职"], set())


def test_signs_of_the_end_of_a_file_padding_and_a_mark_within_are_left_out() -> None:
    joined = text({2: "张1\x00\x00,13800000001,1站,在职\x00"}) + "\x1a\n\ufeff" + text({})
    found = read_records(joined)
    assert found.rows[:21] == [HEAD, *ROWS]
    assert found.rows[22:] == [HEAD, *ROWS]
    assert [note[:4] for note in found.notes] == ["第3行有", "第22行"]


def test_the_sign_of_a_files_end_goes_at_the_edge_of_a_cell_and_is_lost_text_within() -> None:
    found = read_records(text({3: "张2,13800000002,2站\x1a,在职", 5: "张\x1a4,13800000004,\x1a4站,在职"}))
    assert (found.rows[3], found.rows[5]) == (ROWS[2], ["张\ufffd4", *ROWS[4][1:]])
    assert found.notes == ("第4、6行有 0x1A（旧式文件结束符），已略去；在字中间的1处按“□”读取，请核对原件",)


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-32", "utf-32"),
    ],
)
def test_encodings(encoding: str, read_as: str) -> None:
    found = decode(text({}).encode(encoding), "x")
    assert (found.text, found.encoding, found.note) == (text({}), read_as, None)


def test_accented_letters_are_not_taken_for_chinese() -> None:
    found = decode("id,name\n1,José Müller\n2,Zoë Núñez\n".encode("latin-1"), "x")
    assert (found.text.splitlines()[1], found.encoding) == ("1,José Müller", "cp1252")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_bad_byte_is_one_lost_character_and_its_line_is_named(encoding: str) -> None:
    data = text({}).encode(encoding).replace("张7".encode(encoding), b"\xff7")
    found = decode(data, "x")
    assert found.text == text({}).replace("张7", "\ufffd7")
    assert found.note is not None and "第9行有1处坏字符" in found.note


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputError, match="unreadable_text"):
        decode(bytes(range(256)) * 20, "x")
