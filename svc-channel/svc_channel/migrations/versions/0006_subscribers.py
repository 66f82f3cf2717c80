"""Makes the way from a subscriber to the own messages, and the list of those whose lives ended; it ends no message."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    # Of rising ids, and no update of a message touches it.
    "CREATE INDEX message_subscriber ON message (subscriber_id, id)",
    """
    CREATE TABLE ended_life (
        subscriber_id bigint PRIMARY KEY
            CONSTRAINT ended_life_subscriber CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        ended_at timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
