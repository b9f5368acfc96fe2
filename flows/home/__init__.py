"""What outlives a run: the home folder, its settings and keys, and the state store."""
