"""The settings of svc-campaign, read once by main from CARILLON_CAMPAIGN_*; nothing else may read them."""

from carillon_chassis.settings import ServiceSettings, settings_config


class Settings(ServiceSettings):
    """What svc-campaign needs to know beside what every service does."""

    model_config = settings_config("CARILLON_CAMPAIGN_")

    segment_address: str
    """Where svc-segment listens: members, attributes, events."""

    channel_address: str
    """Where svc-channel listens: it takes messages and tells what became of them."""

    catalog_address: str
    """Where svc-catalog listens: services and activated orders."""

    reward_address: str
    """Where svc-reward listens: it tells who was rewarded."""

    public_url: str = "http://127.0.0.1:8080"
    """Where subscribers reach the gateway; tracked links begin with it."""
