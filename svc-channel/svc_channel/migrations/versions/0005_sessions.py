"""Makes room for sessions, menus, robots and the knowledge base; must stay as it was released."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    """Nothing to lose: only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
