"""Remembers which segments were found by a scene that is watched no longer, until none of it is kept; it forgets nobody."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Begins with nothing: what ended before has been renewed by now, but for a version that the next rebuild drops."""
    op.execute(
        """
        CREATE TABLE scene_remnant (
            segment_id uuid PRIMARY KEY REFERENCES segment (id),
            since timestamptz NOT NULL
        )
        """
    )
