"""How a command ends: its exit code, and for every mistake one clear Chinese line instead of a traceback."""

from __future__ import annotations

import errno
import io
import re
import sys
from pathlib import Path
from typing import Any

import typer

from schemas.errors import SanzhaoError

DONE, FAILED, USAGE, WARNED = 0, 1, 2, 3
_NO_COMMAND = re.compile(r"No such command '([^']*)'\.?(.*)", re.DOTALL)
"""What the library says of a command that does not exist, and of those that are spelled like it."""
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

# typer carries its parser inside and exports no name for this class; every mistake in a command's words is one.
UsageMistake: Any = typer.BadParameter.__bases__[0]


def ended(app: typer.Typer, arguments: list[str]) -> int:
    """Run the command line and give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a path of other bytes can be shown
    try:
        code = app(args=arguments, prog_name="sanzhao", standalone_mode=False)
    except UsageMistake as error:
        say(usage_line(error))
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        say("已中断。")
        return FAILED
    except SanzhaoError as error:
        say(" ".join(str(error).split("\n")))
        return FAILED
    except BrokenPipeError:
        return FAILED
    except Exception as error:
        say(_crashed(error, arguments))
        return FAILED
    return code if isinstance(code, int) else DONE


def say(text: str) -> None:
    """To the clerk, beside the answer."""
    print(text, file=sys.stderr)


def usage_line(error: Any) -> str:
    """What is wrong with the words of the command, and where to look."""
    command = error.ctx.command_path if error.ctx else "sanzhao"
    names = _named(getattr(error, "param", None))
    match type(error).__name__:
        case "NoArgsIsHelpError":
            return str(error.message)
        case "NoSuchOption":
            near = f"，是不是 {'、'.join(error.possibilities)}" if error.possibilities else ""
            text = f"没有 {error.option_name} 这个选项{near}"
        case "MissingParameter":
            text = f"缺少 {names}"
        case "UsageError" if match := _NO_COMMAND.match(error.message):
            near = "、".join(re.findall("'([^']+)'", match[2]))
            text = f"没有 {match[1]} 这个命令" + (f"，是不是 {near}" if near else "")
        case "BadParameter":
            text = f"{names}：{error.message}"
        case _:
            text = str(error.message)
    return f"用法有误：{text}。请看 {command} --help"


def _named(param: Any) -> str:
    """A parameter as the help page calls it."""
    if param is None:
        return "参数"
    is_argument = not any(entry.startswith("-") for entry in param.opts)
    return str(param.metavar) if is_argument and param.metavar else "/".join(param.opts)


def _crashed(error: Exception, arguments: list[str]) -> str:
    """One line for what no one foresaw; the frames, without values, go to the home's log if there is a home."""
    from flows.home.folders import Home
    from flows.home.runlog import log_crash

    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
        return _out_of_memory(arguments)
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        return "磁盘写满了，没有写出结果。处理办法：腾出空间再试；比对的临时文件可用环境变量 TMPDIR 指到空间大的磁盘"
    named = f"程序内部出错（{type(error).__name__}）"
    if "--home" in arguments[:-1]:
        home = Home(Path(arguments[arguments.index("--home") + 1]))
        try:
            if home.root.is_dir():
                return f"{named}。处理办法：把日志 {log_crash(home, error, command=arguments[0])} 交给管理员"
        except OSError:
            pass
    return f"{named}。处理办法：再试一次；仍不行请把所用的命令告诉管理员"


def _out_of_memory(arguments: list[str]) -> str:
    """What to set where a command's limit was not enough."""
    if "--home" in arguments:
        return "内存限额不够，没有写出结果。处理办法：把配置 config.toml 的 memory_limit 调大（例如 8GB）再试"
    return (
        "内存限额不够，没有写出结果。处理办法：加 --memory 调大限额（例如 --memory 8GB），"
        "并用环境变量 TMPDIR 指到空间大的磁盘；仍不行请减少分组规则或分批比对"
    )
