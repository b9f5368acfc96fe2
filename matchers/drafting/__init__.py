"""A first model file drafted from the tables themselves: what each column holds, and how rows may be compared by it."""
