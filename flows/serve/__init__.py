"""Nights without anyone watching: the supervised service, what a night waits for, what a missed one gets."""
