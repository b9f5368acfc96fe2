"""Notices: how a night ended, told by e-mail and webhook, once each, with counts and never a person's data."""

from flows.notices.sending import tell_endings, tell_missed

__all__ = ["tell_endings", "tell_missed"]
