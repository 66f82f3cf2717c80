"""Ledger pace: still an empty link of the chain; it must not change anything yet."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
