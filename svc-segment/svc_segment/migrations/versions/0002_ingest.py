"""Ingest: still an empty link of the chain; it must not change anything yet."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing yet."""
