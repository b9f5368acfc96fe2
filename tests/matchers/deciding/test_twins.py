from __future__ import annotations

import pyarrow as pa

from tests.matchers.conftest import full_id
from tests.matchers.deciding.test_deciding import ZHANG, decide


def test_a_twin_with_a_name_that_sounds_alike_is_left_to_a_person(townspeople: pa.Table) -> None:
    """Twins: one birth date, one region, following sequence numbers, one family phone; Excel kept fifteen digits."""
    row = {
        "name": "孟凡星",
        "id_number": full_id(sequence="853")[:15] + "***",
        "id_kind": "excel15",
        "phones": ["13800001234"],
    }
    (found,) = decide(townspeople, row, members=(ZHANG,))
    assert (found["decision"], found["doubt"]) == ("review", "weak_evidence")
    assert "双胞胎" in found["reason"]
