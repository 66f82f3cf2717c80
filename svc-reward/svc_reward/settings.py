"""The settings of svc-reward, read once by main from CARILLON_REWARD_*; nothing else may read them."""

from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, model_validator

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

    city_attribute: str = "branch"
    """The subscribers' attribute that names the branch which serves them; empty where the province does all itself."""

    recharge_url: str = Field(default="", pattern=r"^(https?://[^@\s]+)?$")
    """Where the recharge system answers, such as http://127.0.0.1:8090; without one phone credit is not paid.

    It holds no credentials: URLs are told in logs.
    """

    recharge_secret: SecretStr = SecretStr("")
    """What the recharge system and this service sign with."""

    @model_validator(mode="after")
    def _sign_what_pays(self) -> Self:
        if self.recharge_url and not self.recharge_secret.get_secret_value():
            raise ValueError("CARILLON_REWARD_RECHARGE_URL needs CARILLON_REWARD_RECHARGE_SECRET")
        return self
