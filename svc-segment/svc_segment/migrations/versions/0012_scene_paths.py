"""Keeps the paths of scenes that are watched no longer, or give another tag now; it must not watch a scene."""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    "CREATE TABLE scene_path (path text PRIMARY KEY)",
    "INSERT INTO scene_path (path) SELECT DISTINCT path FROM scene",
)


def upgrade() -> None:
    """Begins with the scenes that stand."""
    for statement in STATEMENTS:
        op.execute(statement)
