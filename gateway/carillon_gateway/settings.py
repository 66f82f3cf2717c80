"""What the gateway needs to know before it starts, read once by main from CARILLON_GATEWAY_*; it decides nothing."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from carillon_chassis.settings import settings_config


class Settings(BaseSettings):
    """The gateway's settings; the five addresses are ``unix:/path.sock`` or ``host:port``."""

    model_config = settings_config("CARILLON_GATEWAY_")

    database_url: str
    """postgresql://... of the gateway's own database: clients and the audit log."""

    token_key: SecretStr
    """Signs the bearer tokens; at least 32 bytes, and not a word from an example."""

    catalog_address: str
    segment_address: str
    campaign_address: str
    reward_address: str
    channel_address: str

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)

    public_url: str = ""
    """Where people reach the gateway, for the links of affiliates; the address that a caller used when empty."""

    database_pool_size: int = Field(default=5, ge=1, le=100)
    """Token requests and the audit writer are all that use the database, so few connections do."""

    token_lifetime_seconds: int = Field(default=3600, ge=60, le=86_400)

    requests_per_second: float = Field(default=2000, gt=0)
    """Steady rate of one client (of one address where nobody is signed in); twice that may come at once."""

    callbacks_per_second: float = Field(default=10_000, gt=0)
    """Steady rate of what the peer of one line tells, once it has proved who it is; twice that may come at once."""

    body_limit_bytes: int = Field(default=2 * 1024 * 1024, ge=1024)
    """1,000 events with attributes are about 300 kB; anything far beyond is a mistake or an attack."""

    snapshot_limit_bytes: int = Field(default=16 * 1024**3, ge=1024)
    """12 million subscribers with 300 attributes are about 8 GiB as Parquet."""

    upload_dir: Path | None = None
    """Where an upload waits on disk until all of its form fields are known; the system's own place when absent."""

    forwarded_allow_ips: str = ""
    """Addresses of load balancers whose X-Forwarded-For is believed, comma separated; nobody's when empty."""

    console: bool = True
    """Whether /console is served. NiceGUI is one a process, so a process with several applications leaves it off."""

    traces: str = "none"
    """``none``, ``file:/path`` or ``otlp``."""

    log_level: str = "INFO"

    tls_certificate: Path | None = None
    """PEM files for mutual TLS to the services; all three or none. Unix sockets need none."""

    tls_key: Path | None = None
    tls_authority: Path | None = None

    def addresses(self) -> dict[str, str]:
        """The services' addresses by name."""
        return {
            "catalog": self.catalog_address,
            "segment": self.segment_address,
            "campaign": self.campaign_address,
            "reward": self.reward_address,
            "channel": self.channel_address,
        }
