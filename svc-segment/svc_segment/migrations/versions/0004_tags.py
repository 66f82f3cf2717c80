"""Tags: still an empty link of the chain; it must not change anything yet."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing yet."""
