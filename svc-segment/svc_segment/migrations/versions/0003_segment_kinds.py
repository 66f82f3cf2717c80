"""Segment kinds: still an empty link of the chain; it must not change anything yet."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
