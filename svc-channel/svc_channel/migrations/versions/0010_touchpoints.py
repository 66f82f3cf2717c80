"""Makes room for touch points and outlets; it comes empty and is filled in by its own part."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nothing yet."""
