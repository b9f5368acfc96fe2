"""Rows resolved to persons: the registry of members, and rows of one worker."""
