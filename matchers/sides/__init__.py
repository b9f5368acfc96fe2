"""The tables of a run as encoded columns, in memory or spooled, with counts of cells that could not be read."""
