"""Settings of all tests: examples drawn the same in every run, and no deadline while loops are being compiled."""

from hypothesis import HealthCheck, settings

settings.register_profile("revorg", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("revorg")
