"""Makes room for channels, classes, routes and expiry of messages; must stay as it was released."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    """Nothing to lose: only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
