"""Hypothesis profiles: new examples on every run at a desk, the same ones in continuous integration, many more at night.

A shell that runs the tests in the background has them ignore interrupts; some of them are about interrupts.
"""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("night", deadline=None, max_examples=20_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "desk"))
signal.signal(signal.SIGINT, signal.default_int_handler)
