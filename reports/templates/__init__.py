"""Templates of the HTML reports: whatever they are given is text and escaped, unless it says that it is markup."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def rendered(template: str, **values: object) -> str:
    """A template filled in."""
    return environment().get_template(template).render(**values)


def part(name: str, *values: object) -> Markup:
    """One part of a page, by the name of its macro in parts.html."""
    made: Markup = getattr(environment().get_template("parts.html").module, name)(*values)
    return made


def style(name: str) -> Markup:
    """A style sheet that lies beside the templates."""
    return Markup((resources.files("reports.templates") / name).read_text("utf-8"))  # noqa: S704


@cache
def environment() -> Environment:
    """Where the templates are found; a value they name and are not given is an error."""
    made = Environment(
        loader=PackageLoader("reports", "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters.update(cell=_cell)
    return made


def _cell(value: object) -> str:
    """A cell as people read it: numbers by thousands, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)
