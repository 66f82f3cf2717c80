"""Makes room for tones in calls and for confirmations of orders; it comes empty and is filled in by its own part."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
