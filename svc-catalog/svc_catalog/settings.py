"""What svc-catalog reads from the environment; only main may ask for it."""

from carillon_chassis.settings import ServiceSettings, settings_config


class Settings(ServiceSettings):
    """CARILLON_CATALOG_DATABASE_URL, CARILLON_CATALOG_LISTEN and what else every service has."""

    model_config = settings_config("CARILLON_CATALOG_")

    segment_address: str = ""
    """Where svc-segment listens; what a subscriber had ends with the subscriber's life. Empty: nobody is followed."""
