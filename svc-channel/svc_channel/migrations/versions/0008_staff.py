"""Makes room for texts that are answered: at which numbers, whose of the staff, and what was asked and answered."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    CREATE TABLE text_desk (
        recipient text PRIMARY KEY,
        menu text NOT NULL,
        robot text NOT NULL,
        for_staff boolean NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT text_desk_answers CHECK ((menu = '' OR robot = '') AND (menu <> '' OR robot <> '' OR for_staff))
    )
    """,
    """
    CREATE TABLE staff_number (
        subscriber_id bigint PRIMARY KEY
            CONSTRAINT staff_number_subscriber CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        msisdn text NOT NULL,
        staff_id text NOT NULL,
        role text NOT NULL,
        branch text NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX staff_number_msisdn ON staff_number (msisdn)",
    """
    CREATE TABLE text_exchange (
        inbound_id uuid PRIMARY KEY,
        subscriber_id bigint NOT NULL,
        sender text NOT NULL,
        recipient text NOT NULL,
        text text NOT NULL,
        received_at timestamptz NOT NULL,
        taken_until timestamptz NOT NULL,
        outcome text NOT NULL DEFAULT '',
        answered_at timestamptz,
        reply_id bigint,
        rest text NOT NULL DEFAULT '',
        CONSTRAINT text_exchange_outcome CHECK (outcome IN ('', 'answered', 'repeated', 'held', 'dropped')),
        CONSTRAINT text_exchange_answered CHECK ((outcome = '') = (answered_at IS NULL)),
        CONSTRAINT text_exchange_reply CHECK ((outcome = 'answered') = (reply_id IS NOT NULL))
    )
    """,
    "CREATE INDEX text_exchange_open ON text_exchange (sender, received_at, inbound_id) WHERE answered_at IS NULL",
    "CREATE INDEX text_exchange_peer ON text_exchange (sender, recipient, received_at)",
    "CREATE INDEX text_exchange_received ON text_exchange USING brin (received_at)",
)


def upgrade() -> None:
    """Nothing to lose: only additions."""
    for statement in STATEMENTS:
        op.execute(statement)
