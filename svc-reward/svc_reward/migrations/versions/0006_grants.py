"""Grants: still an empty link of the chain; it must not change anything yet."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
