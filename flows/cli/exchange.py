"""`sanzhao exchange agree|export|match|import|city`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.commands import Commands
from flows.cli.ending import DONE, WARNED, UsageMistake, say
from flows.cli.ledger import password_of
from flows.cli.options import CityRequired, HomeOption, KeysOption, parse_day

if TYPE_CHECKING:
    from flows.exchange.agreement import ExchangeAgreement
    from flows.home.folders import Home

app = Commands(help="两个区互找党员：只交换带密钥的记号，不交换姓名和号码。")

KeyOption = Annotated[
    Path | None, typer.Option("--key", help="交换约定文件；也可设 SANZHAO_EXCHANGE_KEY", readable=False)
]
UserOption = Annotated[str, typer.Option("--user", help="核对页面的账号，要有导出实名数据的权限")]
ReasonOption = Annotated[str, typer.Option("--reason", help="为什么交换，记入审计日志")]
PasswordOption = Annotated[Path | None, typer.Option("--password-file", help="放口令的文件；不给则当场输入")]


@app.command("agree")
def agree(
    home: HomeOption,
    number: Annotated[str, typer.Option("--number", metavar="2026-0003", help="两区商定的交换编号")],
    other: Annotated[str, typer.Option("--with", metavar="区名", help="对方的区名，与对方配置里的一样")],
    out: Annotated[Path, typer.Option("--out", help="约定文件写到哪里（内有密钥，当面交给对方）")],
    expires: Annotated[
        date | None,
        typer.Option("--until", parser=parse_day, metavar="YYYY-MM-DD", help="哪天到期，默认30天，最长180天"),
    ] = None,
    third: Annotated[str, typer.Option("--third-party", metavar="单位", help="由谁比对；不给则两区各自比对")] = "",
) -> None:
    """立一份交换约定：编号、两区、到期日和密钥。一方立，另一方用同一份。"""
    from flows.exchange.agreement import make_agreement
    from flows.home.settings import load_settings

    own = load_settings(_home(home)).district
    more = {"third_party": third, **({"expires_on": expires} if expires else {})}
    made = make_agreement(out, number, (own, other), _today(), **more)
    say(f"已写出约定 {out}：{made.number} {own} 与 {other}，{made.expires_on} 到期")
    say("内有密钥：当面交给对方，不经网络，不与交换文件放在一起，到期两边都销毁。")


@app.command("export")
def export(
    home: HomeOption,
    out: Annotated[Path, typer.Option("--out", help="交换文件写到哪里")],
    user: UserOption,
    reason: ReasonOption,
    contact: Annotated[str, typer.Option("--contact", help="本区联系人和办公电话，写给对方看（不写手机）")],
    key: KeyOption = None,
    password_file: PasswordOption = None,
) -> None:
    """把最近发布的那一晚的党员和从业人员做成记号文件。一份约定只做一次。"""
    from flows.exchange.export import ExportOrder, export_tokens

    agreed = _agreement(key)
    done = export_tokens(
        _home(home), agreed, ExportOrder(user, password_of(password_file), reason, contact, out.resolve())
    )
    say(f"已写出 {done.path}：{done.size / 1e6:.1f} MB，党员 {done.persons['members']:,} 人，"
        f"从业人员 {done.persons['workers']:,} 人（文件里掺了假人，数不出来）")  # fmt: skip
    for cause, count in done.left_out.items():
        say(f"没有送出：{cause} {count:,} 个")
    for name in done.missing:
        say(f"原件副本已销毁，没有算进去：{name}")


@app.command("match")
def match(
    files: Annotated[list[Path], typer.Argument(metavar="文件 文件", help="两个区的交换文件", readable=False)],
    out: Annotated[Path, typer.Option("--out", help="结果写到哪个文件夹，每区一份")],
    home: Annotated[
        Path | None, typer.Option("--home", help="数据文件夹；由第三方比对时不用给", show_default=False)
    ] = None,
    key: KeyOption = None,
    third: Annotated[bool, typer.Option("--third-party", help="由第三方比对：没有密钥，也不用密钥")] = False,
) -> None:
    """比对两个区的交换文件，每区写一份结果，只写它自己的人。"""
    from flows.exchange.comparing import compare_files

    if len(files) != 2:
        raise UsageMistake("要给两个文件，一区一个")
    if third == (home is not None):
        raise UsageMistake("要么给 --home 和约定文件，要么由第三方比对（--third-party）")
    done = compare_files((files[0], files[1]), out.resolve(), _home(home) if home else None, _own(key, third))
    for path, result in done.written.items():
        say(f"已写出 {path}：{result} 对")
    say(f"记号相同但性别、出生日期或号码不符，不算：{done.checked_away} 个")
    say(f"一人对上两名党员，不算：{done.two_candidates} 人")
    if third:
        say("没有密钥，看不出文件是否被改动：请两区核对各自的结果。")


@app.command("import")
def import_(
    home: HomeOption,
    result: Annotated[Path, typer.Argument(metavar="结果文件", help="写给本区的那一份", readable=False)],
    user: UserOption,
    reason: ReasonOption,
    key: KeyOption = None,
    password_file: PasswordOption = None,
) -> None:
    """导入结果：找到的人进协查名单，下一次运行的工作簿里列出。"""
    from flows.exchange.importing import ImportOrder, import_result

    done = import_result(
        _home(home), _agreement(key), ImportOrder(user, password_of(password_file), reason, result.resolve())
    )
    say(f"已导入：本区党员在{done.other}从业的 {done.members} 对，本区从业人员是{done.other}党员的 {done.workers} 对")
    say("下一次运行后见工作簿“流入流出与协查”；与对方只报协查编号，不报姓名和号码。")


@app.command("city")
def city(homes: CityRequired, keys: KeysOption = None) -> int:
    """一台机器上的几个区互找：两区的 [city] exchange_with 都写了对方才互找，记号密钥当次生成、用完即毁。"""
    from flows.city.districts import districts_of
    from flows.city.exchange import exchange_all
    from flows.city.rollup import least_of

    root = homes.resolve()
    districts = districts_of(root, keys.resolve() if keys else None)
    least, done, troubles = least_of(districts), 0, 0
    for outcome in exchange_all(root, districts):
        done += not outcome.trouble
        troubles += bool(outcome.trouble)
        if outcome.trouble:
            say(f"{'与'.join(outcome.districts)}没有互找：{outcome.trouble}")
        for (roll, work), count in outcome.persons_found.items():
            say(f"{roll}党员在{work}从业：{f'不足 {least}' if 0 < count < least else f'{count:,}'} 人")
    if not done and not troubles:
        say("没有两个区约定互找：在两区 config.toml 的 [city] 里写 exchange_with、contact、approval_no")
    elif done:
        say("找到的人在各区下一次运行的工作簿“流入流出与协查”里；各区只看到自己的人。")
    return WARNED if troubles else DONE


def _home(path: Path) -> Home:
    from flows.home.folders import Home

    return Home(path.resolve())


def _agreement(key: Path | None) -> ExchangeAgreement:
    from flows.exchange.agreement import load_agreement

    return load_agreement(key)


def _own(key: Path | None, third: bool) -> ExchangeAgreement | None:
    return None if third else _agreement(key)


def _today() -> date:
    from flows.review.clock import day_of, utc_now

    return day_of(utc_now())
