"""The steps of a run in order, the plain driver that walks them, and how a run is closed."""
