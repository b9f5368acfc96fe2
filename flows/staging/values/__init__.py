"""Values: one small module per kind of field, each a cleaner of one cell with the repairs it made by name."""
