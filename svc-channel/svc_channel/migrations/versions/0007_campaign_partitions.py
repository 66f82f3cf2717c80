"""Makes room for messages kept by campaign; it comes empty and is filled in by its own part."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
