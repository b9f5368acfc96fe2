"""A city: the homes of several districts in one folder, served together; counts of all of them, names of none."""
