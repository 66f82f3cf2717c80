"""fulfilment: filled in by the change that needs it."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Makes nothing yet."""
