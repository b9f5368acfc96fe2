"""Linking by evidence: every pair keeps its levels and bits, values weigh by who could bear them, ceilings decide."""
