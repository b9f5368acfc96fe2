"""`sanzhao serve`."""

from __future__ import annotations

from flows.cli.options import HomeOption


def serve(home: HomeOption) -> None:
    """夜间服务：按配置的时间自动运行、补做、通知；带运行页面和核对页面，只在本机可访问。Ctrl-C 停止。"""
    from flows.home.folders import Home
    from flows.serve.service import serve_home

    serve_home(Home(home.resolve()))
