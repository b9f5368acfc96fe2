"""Blocking rules: keys, blocks, the plan and its budget, pairs."""
