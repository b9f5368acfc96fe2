"""How a Party organisation's name and code are written elsewhere than in its own register."""

from __future__ import annotations

import numpy as np

from flows.sample.options import data

_KEEP = 0.55


def written_branch(name: str, chance: float) -> str:
    """The name in one of its forms; the register's own form more than half the time."""
    if chance < _KEEP:
        return name
    district = data("places.toml")["district"]
    short = name.replace("支部委员会", "党支部").replace("总党支部", "党总支").replace("工作委员会", "党工委")
    forms = (
        short,
        short.removeprefix("中共"),
        name.removeprefix("中共"),
        name.replace(f"中共{district}", "中共", 1),
        short.removeprefix("中共").removeprefix(district),
        f"{name[:2]}{data('places.toml')['city']}{name[2:]}" if name.startswith("中共") else name,
    )
    return forms[int((chance - _KEEP) / (1 - _KEEP) * len(forms)) % len(forms)]


def written_branches(rng: np.random.Generator, names: list[str]) -> list[str]:
    """Each name in one of its forms."""
    return [written_branch(name, chance) for name, chance in zip(names, rng.random(len(names)), strict=True)]


def written_codes(rng: np.random.Generator, codes: list[str | None]) -> list[str | None]:
    """Codes with their leading noughts, without them, or left out."""
    chances = rng.random(len(codes))
    return [
        None if code is None or chance > 0.9 else code.lstrip("0") if chance > 0.65 else code
        for code, chance in zip(codes, chances, strict=True)
    ]
