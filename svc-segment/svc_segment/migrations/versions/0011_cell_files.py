"""Lets files say which scenes lie in which cells, and shipped scenes be ended; it must not choose a scene."""

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    "ALTER TABLE snapshot DROP CONSTRAINT snapshot_kind",
    """
    ALTER TABLE snapshot ADD CONSTRAINT snapshot_kind CHECK (
        kind IN ('subscribers', 'usage', 'events', 'list', 'cells')
    )
    """,
    "ALTER TABLE reject DROP CONSTRAINT reject_reason",
    """
    ALTER TABLE reject ADD CONSTRAINT reject_reason CHECK (
        reason IN ('WRONG_TYPE', 'MISSING', 'DUPLICATE', 'INVALID_NUMBER', 'UNKNOWN_NUMBER', 'OUT_OF_RANGE',
            'NOT_KEPT', 'UNKNOWN_SCENE')
    )
    """,
    # A scene that ships stands until somebody changes it; one that somebody ended stays ended.
    "ALTER TABLE scene ADD COLUMN ended boolean NOT NULL DEFAULT false",
)


def upgrade() -> None:
    """Makes room for files of cells."""
    for statement in STATEMENTS:
        op.execute(statement)
