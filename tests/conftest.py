"""Settings shared by all tests."""

from __future__ import annotations

import os
import tempfile

from hypothesis import HealthCheck, settings

os.environ |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}  # the harness starts real servers
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="sanzhao-tests-state-")  # nothing is noted in the tester's own

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
