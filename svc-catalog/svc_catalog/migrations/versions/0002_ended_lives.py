"""Makes the list of subscribers whose lives ended, and the way to their open orders; it ends nothing by itself."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    CREATE TABLE ended_life (
        subscriber_id bigint PRIMARY KEY
            CONSTRAINT ended_life_subscriber CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        ended_on date NOT NULL
    )
    """,
    "CREATE INDEX service_order_open ON service_order (subscriber_id) WHERE state = 'pending_confirmation'",
)


def upgrade() -> None:
    """Makes both; what svc-segment told before is told again to whoever follows it for the first time."""
    for statement in STATEMENTS:
        op.execute(statement)
