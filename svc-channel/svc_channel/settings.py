"""What svc-channel needs to know before it starts, read once by main; holds no default secret."""

from pydantic import Field, SecretStr

from carillon_chassis.settings import ServiceSettings, settings_config
from svc_channel.domain.doubt import DoubtPolicy


class Settings(ServiceSettings):
    """The service's settings, from CARILLON_CHANNEL_* variables; an empty SMSC password is refused at start."""

    model_config = settings_config("CARILLON_CHANNEL_")

    segment_address: str
    """Where svc-segment listens: numbers live there."""

    smsc_host: str = "127.0.0.1"
    smsc_port: int = Field(default=2775, gt=0, lt=65536)
    smsc_system_id: str = Field(min_length=1, max_length=15)
    smsc_password: SecretStr = Field(min_length=1, max_length=8)

    submit_window: int = Field(default=100, gt=0, le=1000)
    """submit_sm on the wire without an answer."""

    rate_limit_per_second: int = Field(default=0, ge=0)
    """Messages a second at most; 0 for no limit."""

    doubt_grace_seconds: float = Field(default=5.0, ge=0, le=86_400)
    """How long a message in doubt waits for a receipt that proves it accepted."""

    doubt_policy: DoubtPolicy = DoubtPolicy.RESEND
    """What happens after the grace time: ``resend`` or ``hold``."""
