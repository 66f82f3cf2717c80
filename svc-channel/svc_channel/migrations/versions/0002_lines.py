"""Makes room for channels, classes, routes and expiry of messages, and for the lines they took; must stay as it was released.

What stands goes on as marketing over the one line there was.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "CREATE TYPE message_channel AS ENUM ('sms', 'wap_push', 'ussd', 'mms', 'mobile_market')",
    "CREATE TYPE message_class AS ENUM ('reply', 'service', 'marketing')",
    """
    ALTER TABLE message
        ADD channel message_channel NOT NULL DEFAULT 'sms',
        ADD class message_class NOT NULL DEFAULT 'marketing',
        ADD route text NOT NULL DEFAULT 'sms',
        ADD expires_at timestamptz,
        ADD cell text NOT NULL DEFAULT '',
        ADD content bytea
    """,
    "DROP INDEX message_due",
    "CREATE INDEX message_due ON message (route, class, due_at, id) WHERE due_at IS NOT NULL",
    "ALTER TABLE claim ADD line text NOT NULL DEFAULT 'smsc'",
    "ALTER TABLE doubt ADD line text NOT NULL DEFAULT 'smsc'",
    """
    CREATE TABLE inbound_part (
        id uuid PRIMARY KEY,
        sender text NOT NULL,
        recipient text NOT NULL,
        reference integer NOT NULL,
        total smallint NOT NULL,
        number smallint NOT NULL,
        text text NOT NULL,
        received_at timestamptz NOT NULL,
        CONSTRAINT inbound_part_number CHECK (number BETWEEN 1 AND total),
        CONSTRAINT inbound_part_place UNIQUE (sender, recipient, reference, total, number)
    )
    """,
    "CREATE INDEX inbound_part_received ON inbound_part (received_at)",
)


def upgrade() -> None:
    """Nothing to lose: only additions, and an index that says more."""
    for statement in STATEMENTS:
        op.execute(statement)
