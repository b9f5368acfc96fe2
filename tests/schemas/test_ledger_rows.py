"""The ledger's rows as Python types them have the contract's columns, neither more nor fewer."""

from __future__ import annotations

import pyarrow as pa

from schemas.contracts import ledger_table
from schemas.ledger_rows import EvidenceRow, LeadRow, LedgerRow


def test_a_row_has_the_contract_s_columns_in_their_order() -> None:
    schema = ledger_table("ledger").schema
    assert list(LedgerRow.__annotations__) == schema.names
    for column, row in (("evidence", EvidenceRow), ("leads", LeadRow)):
        members: pa.DataType = schema.field(column).type.value_type
        assert list(row.__annotations__) == [members.field(at).name for at in range(members.num_fields)]
