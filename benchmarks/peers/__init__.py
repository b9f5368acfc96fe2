"""Other tools on the same tables, written as well as their own documentation allows."""
