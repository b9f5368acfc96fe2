"""`sanzhao keys list|rotate`."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from flows.cli.commands import Commands
from flows.cli.ending import say
from flows.cli.options import HomeOption, JsonOption

app = Commands(help="区级密钥：看有哪几把，更换。")


@app.command("list")
def list_keys(home: HomeOption, json: JsonOption = False) -> None:
    """列出密钥的编号和用途；不显示密钥本身。"""
    from flows.backup.key_rotation import key_lines
    from flows.home.folders import Home
    from flows.home.keys import key_path

    place = Home(home.resolve())
    lines = key_lines(place)
    if json:
        import json as text

        rows = [{"key_id": name, "state": state, "use": use} for name, state, use in lines]
        print(text.dumps({"file": str(key_path(place)), "keys": rows}, ensure_ascii=False, indent=2))
        return
    for name, state, use in lines:
        print(f"{name}  {state}  {use}")
    print(f"密钥文件：{key_path(place)}")


@app.command("rotate")
def rotate(
    home: HomeOption,
    why: Annotated[str, typer.Option("--why", help="为什么更换，记入审计日志")],
    json: JsonOption = False,
) -> None:
    """更换区级密钥：另生成一把，把留存的副本、索引签名改用新的；中断了再运行一次即可接着做。

    人员编号和人工判断不变；证件记号在下次运行时更换，旧新对照写在 aliases.parquet。
    """
    from flows.backup.key_rotation import rotate as rotated
    from flows.home.folders import Home
    from flows.home.keys import key_path

    place = Home(home.resolve())
    done = rotated(place, by=getpass.getuser(), why=why)
    if json:
        import json as text

        print(text.dumps({"old": done.old_id, "new": done.new_id, "wrapped": done.wrapped}, indent=2))
        return
    counts = done.wrapped
    print(f"密钥已更换：{done.old_id} → {done.new_id}")
    print(
        f"改用新密钥：原件副本 {counts['landing']}、退回记录 {counts['returns']}、未完运行 {counts['runs']}、"
        f"收件清单 {counts['manifests']}、版本索引 {counts['indexes']}、党组织名册 {counts['registers']}"
    )
    say(f"请把密钥文件重新离线备份：{key_path(place)}（旧备份仍要用里面的旧密钥打开）")
    say("请重新启动 sanzhao serve 和 sanzhao review；证件记号在下次运行时更换。")
