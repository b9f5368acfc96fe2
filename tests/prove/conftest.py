"""The small district of the flow tests serves here too."""

from tests.flows.conftest import small_district

__all__ = ["small_district"]
