"""The model file: columns, comparisons and their levels, evidence tiers, and what is wrong with a file."""
