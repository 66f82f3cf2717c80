"""The environment of a svc-reward that runs alone, without the services it follows; it must not start anything."""

import os

from svc_reward.settings import Settings

# No service listens here; what follows it waits for ever.
NOBODY = "unix:/none"


def lone_environment(url: str, listen: str, **more: str) -> dict[str, str]:
    """The present environment and svc-reward's settings, every peer absent; ``more`` are settings in capitals."""
    peers = {name.upper(): NOBODY for name in Settings.model_fields if name.endswith("_address")}
    settings = {**peers, "DATABASE_URL": url, "LISTEN": listen, **more}
    return os.environ | {f"CARILLON_REWARD_{name}": value for name, value in settings.items()}
