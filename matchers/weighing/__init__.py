"""Levels of a pair, chances of the values it agrees on, match weights."""
