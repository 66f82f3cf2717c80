"""What svc-channel needs to know before it starts, read once by main; holds no default secret."""

from pathlib import Path
from typing import Self, TypeVar

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from carillon_chassis.settings import ServiceSettings, settings_config
from svc_channel.domain.audition_link import SECRET_LEAST
from svc_channel.domain.doubt import DoubtPolicy
from svc_channel.domain.number import OPERATOR_NUMBER

ValueT = TypeVar("ValueT", str, SecretStr)


class Settings(ServiceSettings):
    """The service's settings, from CARILLON_CHANNEL_* variables; an empty SMSC password is refused at start."""

    model_config = settings_config("CARILLON_CHANNEL_")

    segment_address: str
    """Where svc-segment listens: numbers live there."""

    catalog_address: str = "unix:no-catalog.sock"
    reward_address: str = "unix:no-reward.sock"
    campaign_address: str = "unix:no-campaign.sock"
    """Where menus have things done; what nobody listens to is away, and menus say so."""

    out_call_url: str = Field(default="", pattern=r"^(https?://[^@\s]+)?$")
    """Where the out-call system that plays tones is; empty for none. It holds no credentials: URLs are told in logs."""

    platform_url: str = Field(default="", pattern=r"^(https?://[^@\s]+)?$")
    """Where the service platform that opens services is, such as http://127.0.0.1:8095; empty for none."""

    platform_secret: SecretStr = SecretStr("")
    """What the platform and this service sign with."""

    audition_secret: SecretStr = SecretStr("")
    """Signs links that call somebody with a tone, at least 32 characters; without one there are no such links."""

    lines: Path | None = None
    """A YAML or JSON file that says which lines there are; without one there is the line that SMSC_* describes."""

    smsc_host: str = "127.0.0.1"
    smsc_port: int = Field(default=2775, gt=0, lt=65536)
    smsc_system_id: str = Field(default="", max_length=15, validate_default=True)
    smsc_password: SecretStr = Field(default=SecretStr(""), max_length=8, validate_default=True)

    submit_window: int = Field(default=100, gt=0, le=1000)
    """submit_sm on the wire without an answer."""

    rate_limit_per_second: int = Field(default=0, ge=0)
    """Messages a second at most; 0 for no limit."""

    default_sender: str = Field(default=OPERATOR_NUMBER, pattern=r"^\d{3,20}$")
    """The number that a single message comes from when nobody names another (CHN-16)."""

    segment_price_fen: int = Field(default=10, ge=0, le=10_000)
    """What one part costs, for previews."""

    doubt_grace_seconds: float = Field(default=5.0, ge=0, le=86_400)
    """How long a message in doubt waits for a receipt that proves it accepted."""

    doubt_policy: DoubtPolicy = DoubtPolicy.RESEND
    """What happens to service messages and replies after the grace time: ``resend``, ``fail`` or ``hold``."""

    doubt_policy_marketing: DoubtPolicy = DoubtPolicy.FAIL
    """The same for marketing, which is nothing to send twice on a guess."""

    doubt_hold_seconds: float = Field(default=3_600.0, ge=0, le=604_800)
    """How long a message that is not sent again waits for a receipt before it ends as failed for UNKNOWN."""

    retention_days: int = Field(default=365, ge=0, le=36_500)
    """How long ended messages of campaigns are kept; 0 for ever."""

    @model_validator(mode="after")
    def _signs_to_platform(self) -> Self:
        """A platform that anybody could tell to open things would be no use."""
        if self.platform_url and not self.platform_secret.get_secret_value():
            raise ValueError("say what the service platform and this service sign with")
        return self

    @field_validator("audition_secret")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        """A short one could be found by trying."""
        if value and len(value.get_secret_value()) < SECRET_LEAST:
            raise ValueError(f"a secret has at least {SECRET_LEAST} characters")
        return value

    @field_validator("smsc_system_id", "smsc_password")
    @classmethod
    def _is_there_without_a_file(cls, value: ValueT, info: ValidationInfo) -> ValueT:
        """Nobody binds without a name and a secret; a line file brings its own."""
        if not value and info.data.get("lines") is None:
            raise ValueError("say who binds to the SMSC, or name a file of lines")
        return value
