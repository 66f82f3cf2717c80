"""Makes the counts of sales: which branch an order counts for, what changed since it was counted, and the counts by day and month."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    # Asked for only where no branch took the order; NULL until svc-segment has said, empty where it knows none.
    "ALTER TABLE service_order ADD COLUMN home_branch text",
    "CREATE INDEX service_order_homeless ON service_order (id) WHERE branch = '' AND home_branch IS NULL",
    """
    CREATE TABLE sale_change (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        order_id uuid NOT NULL,
        ordered integer NOT NULL,
        active integer NOT NULL,
        cancelled integer NOT NULL,
        CONSTRAINT sale_change_one CHECK (ordered + active + cancelled > 0)
    )
    """,
    """
    CREATE TABLE sale_day (
        day date NOT NULL,
        service text NOT NULL,
        touchpoint text NOT NULL,
        branch text NOT NULL,
        ordered bigint NOT NULL,
        active bigint NOT NULL,
        cancelled bigint NOT NULL,
        PRIMARY KEY (day, service, touchpoint, branch),
        CONSTRAINT sale_day_counts CHECK (active >= 0 AND cancelled >= 0)
    )
    """,
    # The same by months, under their first days: a year of days is half a million rows where much is sold in many places.
    """
    CREATE TABLE sale_month (
        month date NOT NULL,
        service text NOT NULL,
        touchpoint text NOT NULL,
        branch text NOT NULL,
        ordered bigint NOT NULL,
        active bigint NOT NULL,
        cancelled bigint NOT NULL,
        PRIMARY KEY (month, service, touchpoint, branch),
        CONSTRAINT sale_month_counts CHECK (active >= 0 AND cancelled >= 0)
    )
    """,
    # What was sold before is counted like what comes.
    """
    INSERT INTO sale_change (order_id, ordered, active, cancelled)
    SELECT id, 1, (state = 'active')::int, (state = 'cancelled')::int FROM service_order
    """,
)


def upgrade() -> None:
    """Makes them; the worker counts what stands, some thousand orders at a time."""
    for statement in STATEMENTS:
        op.execute(statement)
