"""prizes: filled in by the change that needs it."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes nothing yet."""
