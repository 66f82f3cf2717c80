"""Makes room for counts of sales; it comes empty and is filled in by its own part."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
