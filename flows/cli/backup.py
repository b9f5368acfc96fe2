"""`sanzhao backup` and `sanzhao restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import HomeOption


def backup(
    home: HomeOption,
    to: Annotated[Path, typer.Option("--to", help="放备份的文件夹（另一块磁盘或另一台机器）")],
    without_originals: Annotated[
        bool, typer.Option("--without-originals", help="不含密封原件和退回记录，可以久留")
    ] = False,
) -> None:
    """备份：整个数据文件夹和状态库，密封成一个文件；密钥不在里面，要另外保管。"""
    from flows.backup import back_up
    from flows.home.folders import Home

    done = back_up(Home(home.resolve()), to.resolve(), originals=not without_originals)
    print(f"备份：{done.path}（{done.files} 个文件，{done.bytes:,} 字节）")
    if done.destroy_by:
        print(f"里面有密封原件，{done.destroy_by.isoformat()} 之前须销毁这份备份；到期后下一次备份会自动销毁它。")
    for name in done.destroyed:
        print(f"已销毁到期的备份：{name}")
    print("没有这些文件就打不开备份、运行不了，请另外保管（不要和备份放在一起）：")
    for name in done.kept_apart:
        print(f"  {name}")


def restore(
    archive: Annotated[Path, typer.Argument(help="备份文件", show_default=False)],
    home: HomeOption,
    key: Annotated[Path | None, typer.Option("--key", help="备份时的区级密钥文件，会复制到新的数据文件夹")] = None,
) -> None:
    """恢复：把一份备份恢复成一个新的数据文件夹，逐个文件核对；已有东西的不覆盖。"""
    from flows.backup import restore as restored
    from flows.home.folders import Home
    from flows.ledger import verify

    place = Home(home.resolve())
    counts = restored(archive.resolve(), place, key.resolve() if key else None)
    print(f"已恢复：{place.root}（{counts.pop('files')} 个文件，状态库 {sum(counts.values())} 行）")
    problems = verify(place)
    print("一本账核验：" + ("无误" if not problems else "；".join(problems)))
    print("其余口令文件（连接器、邮件）不在备份里，请放回 keys/ 文件夹。")
