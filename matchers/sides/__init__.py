"""Tables as encoded columns: each table is encoded once, and what showed nothing is counted."""
