"""Referrals: still an empty link of the chain; it must not change anything yet."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
