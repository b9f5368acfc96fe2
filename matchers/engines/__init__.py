"""The embedded engine: link tables, explain one pair, and the separate steps of a district run, on one machine."""
