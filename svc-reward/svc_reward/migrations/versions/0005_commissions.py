"""commissions: filled in by the change that needs it."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes nothing yet."""
