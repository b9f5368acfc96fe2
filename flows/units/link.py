"""Pairs of nodes that may be one firm, as the general matcher decides them with the model of organisation names."""

from __future__ import annotations

from functools import cache
from importlib import resources

import pyarrow as pa

from flows.units.mentions import Node
from flows.units.resolve import LinkedNodes
from matchers.engines.link import Options
from matchers.linking import link
from matchers.model.link_model import LinkModel, parse_link_model

_TEXT = pa.string()


@cache
def units_model() -> LinkModel:
    """The shipped model `units_cn`."""
    text = (resources.files("matchers.models") / "units_cn.toml").read_text("utf-8")
    return parse_link_model(text, "units_cn.toml")


def link_nodes(nodes: list[Node], options: Options | None = None) -> list[LinkedNodes]:
    """One entry per pair of nodes that the model links or leaves to a person."""
    if len(nodes) < 2:
        return []
    table = pa.table(
        {
            "node": pa.array([f"{number:09d}" for number in range(len(nodes))], _TEXT),
            "title": pa.array([node.name.text() for node in nodes], _TEXT),
            "uscc": pa.array([node.uscc for node in nodes], _TEXT),
            "street": pa.array([node.street for node in nodes], _TEXT),
            "trade": pa.array([node.trade for node in nodes], _TEXT),
        }
    )
    pairs = link(table, None, units_model(), ids=("node", "node"), options=options)
    columns = (pairs[name].to_pylist() for name in ("left_id", "right_id", "decision", "rule", "reason"))
    return [
        LinkedNodes(int(left), int(right), decision, rule, reason)
        for left, right, decision, rule, reason in zip(*columns, strict=True)
        if decision != "reject"
    ]
