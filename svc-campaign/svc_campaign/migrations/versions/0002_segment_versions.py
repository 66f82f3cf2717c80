"""Gives each arm the version of its segment that the campaign was launched with; it must not guess those of the past."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Null for campaigns not launched yet, and for those launched before versions were kept.
    op.execute("ALTER TABLE arm ADD COLUMN segment_version bigint")
