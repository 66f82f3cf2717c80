"""Makes room for messages kept by campaign, for lines of parts and for opt-outs just heard; it moves no message.

Those that have ended are moved page by page by the retention worker.

What named a message by a foreign key may now name one that has been moved: parts, steps and single messages go without.
Who writes a part locks its message instead, which costs less than a check a row.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    # Wide columns first: a row is aligned without gaps. Only messages outside campaigns fill the last five.
    """
    CREATE TABLE kept_message (
        id bigint NOT NULL,
        batch bigint NOT NULL,
        subscriber_id bigint NOT NULL,
        ended_at timestamptz NOT NULL,
        campaign_id uuid NOT NULL,
        state message_state NOT NULL,
        channel message_channel NOT NULL,
        class message_class NOT NULL,
        parts smallint NOT NULL,
        attempts smallint NOT NULL,
        resends smallint NOT NULL,
        step smallint NOT NULL,
        reason text NOT NULL,
        smsc_ids integer[],
        failed_steps jsonb,
        category text,
        text text,
        content bytea,
        fallback jsonb,
        expires_at timestamptz,
        PRIMARY KEY (campaign_id, id),
        CONSTRAINT kept_message_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        CONSTRAINT kept_message_ended CHECK (state IN ('delivered', 'failed')),
        CONSTRAINT kept_message_failed_for_a_reason CHECK ((state = 'failed') = (reason <> ''))
    ) PARTITION BY LIST (campaign_id)
    """,
    "CREATE INDEX kept_message_subscriber ON kept_message (subscriber_id, id)",
    """
    CREATE TABLE kept_campaign (
        campaign_id uuid PRIMARY KEY,
        last_id bigint NOT NULL,
        last_ended_at timestamptz NOT NULL
    )
    """,
    "ALTER TABLE message_part DROP CONSTRAINT message_part_message_id_fkey",
    "ALTER TABLE failed_step DROP CONSTRAINT failed_step_message_id_fkey",
    "ALTER TABLE single DROP CONSTRAINT single_message_id_fkey",
    # Over which line it went; empty where nobody knows any more.
    "ALTER TABLE message_part ADD line text NOT NULL DEFAULT ''",
    "CREATE TABLE heard_opt_out (msisdn text PRIMARY KEY, inbound_id uuid NOT NULL)",
)


def upgrade() -> None:
    """What stands stays where it is."""
    for statement in STATEMENTS:
        op.execute(statement)
