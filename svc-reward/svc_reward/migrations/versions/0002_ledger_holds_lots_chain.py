"""ledger holds lots chain: filled in by the change that needs it."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes nothing yet."""
