"""Makes the list of subscribers whose lives ended; members of running campaigns stay where they are."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE ended_life (
            subscriber_id bigint PRIMARY KEY
                CONSTRAINT ended_life_subscriber CHECK (subscriber_id BETWEEN 1 AND 4294967295),
            ended_at timestamptz NOT NULL
        )
        """
    )
