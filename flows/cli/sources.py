"""`sanzhao sources list`, with `map` wired beside it."""

from __future__ import annotations

from flows.cli import returns
from flows.cli.commands import Commands
from flows.cli.mapping import map_file
from flows.cli.options import HomeOption, JsonOption
from flows.cli.terminal import terminal

app = Commands(help="看来源合同，看懂送来的文件。")
app.command("map")(map_file)

_ROLES = {
    "roll": "名册",
    "transfer": "转接",
    "floating": "流动登记",
    "organisation": "组织",
    "worker": "从业人员",
    "self_report": "报到",
}


@app.callback()
def _group() -> None:
    """看来源合同，看懂送来的文件。"""


@app.command("list")
def list_sources(home: HomeOption, json: JsonOption = False) -> None:
    """列出认识的来源和应到的文件（最近何时来、还沿用几天、等人答复什么）；--json 连同全部表头写法。"""
    from flows.home.folders import Home
    from flows.home.settings import load_settings
    from flows.landing.expected import load_expected
    from flows.landing.listed import expected_lines
    from schemas.contracts import load_sources
    from schemas.policy import load_policy

    place = Home(home.resolve())
    settings = load_settings(place)
    contracts = load_sources(settings.sources)
    expected = expected_lines(load_expected(place), load_policy(settings.policy).snapshots.patience_days)
    if json:
        import json as text
        from dataclasses import asdict

        body = [
            {
                **contract.model_dump(mode="json", by_alias=True),
                "expected": [asdict(item) for item in expected if item.source == contract.name],
            }
            for contract in contracts.values()
        ]
        print(text.dumps(body, ensure_ascii=False, indent=2, default=str))
        return
    from reports.terminal_tables import whole_table

    table = whole_table("文件夹", "名称", "部门", "作用", "出处", "字段", title="来源", title_justify="left")
    for name, contract in contracts.items():
        given = "已配置" if name in settings.provenance else "看投递文件夹"
        fields = "、".join(field.title for field in contract.imported)
        table.add_row(name, contract.title, contract.department, _ROLES[contract.role], given, fields)
    terminal().print(table)
    if expected:
        table = whole_table("来源", "文件", "最近来的", "还沿用", "等答复", title="应到的文件", title_justify="left")
        for entry in expected:
            left = f"{entry.days_left} 天" if entry.days_left >= 0 else "已过期限"
            table.add_row(entry.source, entry.file, entry.came_on.isoformat(), left, entry.question)
        terminal().print(table)


app.command("return")(returns.send_back)
