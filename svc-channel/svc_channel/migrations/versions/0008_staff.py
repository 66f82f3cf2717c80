"""Makes room for staff who ask by SMS; it comes empty and is filled in by its own part."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
