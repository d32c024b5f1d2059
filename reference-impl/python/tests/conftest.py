"""How the property tests run: how long an example takes says more of the machine than of the code."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "stateward", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("stateward")
