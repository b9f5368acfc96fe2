"""`sanzhao serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.options import CityOption, KeysOption, OneHomeOption, one_place

PortOption = Annotated[
    int, typer.Option("--port", min=1024, max=65535, metavar="端口", help="配合 --homes：全市汇总页的端口")
]


def serve(
    home: OneHomeOption = None, homes: CityOption = None, keys: KeysOption = None, port: PortOption = 8500
) -> None:
    """夜间服务：按配置的时间自动运行、补做、通知；带运行页面和核对页面，只在本机可访问。Ctrl-C 停止。"""
    from flows.home.folders import Home

    one_place(home, homes)
    if homes is not None:
        from flows.city.service import City, serve_city

        serve_city(City(homes.resolve(), port, keys.resolve() if keys else None))
    elif home is not None:
        from flows.serve.service import serve_home

        serve_home(Home(home.resolve()))
