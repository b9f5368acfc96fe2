"""One line per way in which a whole file cannot be read, each with what to do."""

from __future__ import annotations

from schemas.errors import InputError
from schemas.rules import Rule


def broken(where: str) -> InputError:
    """The bytes are damaged or cut."""
    return InputError("文件损坏或不完整，打不开", where=where, rule=Rule.BROKEN_FILE, action="重新导出或重新传送后重投")


def password(where: str) -> InputError:
    """A password stands before the content."""
    return InputError(
        "文件设有密码，打不开", where=where, rule=Rule.PASSWORD_PROTECTED, action="请提供方去掉密码后重投"
    )


def too_wide(where: str, far: str | None = None) -> InputError:
    """More rows or columns than are kept in memory; `far`: how far out the last cell lies."""
    return InputError(
        f"工作表行列过多（{far or '有远处的散格？'}）",
        where=where,
        rule=Rule.TOO_MANY_CELLS,
        action="删去数据以外的行列后重投",
    )


def too_large(limit: int, where: str) -> InputError:
    """More bytes than are kept in memory."""
    return InputError(
        f"展开后超过 {limit >> 20} MB，不予读取", where=where, rule=Rule.TOO_LARGE_UNPACKED, action="拆成几个文件后重投"
    )


def not_a_table(kind: str, where: str) -> InputError:
    """Something else than a table, whatever its name says."""
    return InputError(
        f"不是表格，而是{kind}", where=where, rule=Rule.NOT_A_TABLE, action="请提供方导出 .xlsx 或 .csv 后重投"
    )
