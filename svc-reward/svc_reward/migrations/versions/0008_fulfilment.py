"""Fulfilment: still an empty link of the chain; it must not change anything yet."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
