"""Makes room for consent, opt-outs, quiet hours, keywords, templates and fallbacks; must stay as it was released."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    """Nothing to lose: only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
