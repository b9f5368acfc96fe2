"""At the counter: one person by name and number, and why they are not in the ledger where they are not."""
