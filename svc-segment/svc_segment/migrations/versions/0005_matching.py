"""Matching: still an empty link of the chain; it must not change anything yet."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
