"""Linking any two tables, or one with itself, by a model file (Fellegi–Sunter, levels as data, weights in bits)."""
