"""grants: filled in by the change that needs it."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes nothing yet."""
