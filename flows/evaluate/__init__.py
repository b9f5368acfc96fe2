"""How a ledger, or a table of pairs, stands against the truth."""
