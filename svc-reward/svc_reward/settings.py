"""The settings of svc-reward, read once by main from CARILLON_REWARD_*; nothing else may read them."""

from zoneinfo import ZoneInfo

from carillon_chassis.settings import ServiceSettings, settings_config


class Settings(ServiceSettings):
    """What svc-reward needs to know beside what every service does."""

    model_config = settings_config("CARILLON_REWARD_")

    campaign_address: str
    """Where svc-campaign listens; its facts fund budgets and earn rewards."""

    catalog_address: str
    """Where svc-catalog listens; the orders that it tells earn commissions."""

    segment_address: str
    """Where svc-segment listens; what its subscribers do earns rewards."""

    time_zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    """Where the operator's days and months begin, for statements, caps and settlement periods."""
