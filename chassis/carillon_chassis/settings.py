"""Settings that every service has; they are read once, by main, from the environment."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


def settings_config(prefix: str) -> SettingsConfigDict:
    """Settings from environment variables that begin with ``prefix``, such as ``CARILLON_REWARD_``.

    A setting that is refused at the start is named and not shown: it may be a secret, or stand beside one.
    """
    return SettingsConfigDict(env_prefix=prefix, frozen=True, extra="ignore", hide_input_in_errors=True)


class ServiceSettings(BaseSettings):
    """What a service needs to know before it starts."""

    database_url: str
    """postgresql://... of this service's own database."""

    listen: str
    """``unix:/path.sock`` on one machine, ``host:port`` across machines."""

    data_dir: Path = Path("var/data")
    """Files of this service that are not rows."""

    database_pool_size: int = 10
    """Connections this process holds at most."""

    embedded_worker: bool = True
    """Whether ``serve`` runs the workers too; set it off where ``worker`` processes run beside."""

    traces: str = "none"
    """``none``, ``file:/path`` (one JSON span a line) or ``otlp`` (the OTEL_EXPORTER_OTLP_* variables say where)."""

    log_level: str = "INFO"

    tls_certificate: Path | None = None
    """PEM files for mutual TLS; all three or none. Unix sockets need none."""

    tls_key: Path | None = None
    tls_authority: Path | None = None
