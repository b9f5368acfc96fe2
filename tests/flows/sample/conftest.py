"""One small dirty sample for the module's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sample import SampleOptions, generate


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample")
    generate(SampleOptions(workers=1500, members=2000, seed=5, out=out, member_share=0.1, dirt="harsh"))
    return out
