"""Makes room for pushes, multimedia messages and app-store jobs; must stay as it was released."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    """Nothing to lose: only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
