"""Messages, their parts and claims, doubts, orphan receipts and inbound messages; must stay as it was released.

The enums are ordered on purpose: max() over part states is the worst part. message leaves room in its pages, because
each message is updated about three times and none of the later updates touches an index.
"""

from alembic import op

from carillon_chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

STATEMENTS = (
    "CREATE TYPE message_state AS ENUM ('queued', 'sending', 'in_doubt', 'sent', 'delivered', 'failed')",
    """
    CREATE TYPE part_state AS ENUM (
        'sent', 'delivered', 'expired', 'deleted', 'unknown', 'undeliverable', 'rejected', 'refused'
    )
    """,
    "CREATE TYPE inbound_state AS ENUM ('received', 'resolved', 'unknown')",
    """
    CREATE TABLE batch (
        campaign_id uuid NOT NULL,
        number bigint NOT NULL,
        sender text NOT NULL,
        content_hash bytea NOT NULL,
        accepted bigint NOT NULL,
        traceparent text NOT NULL,
        taken_at timestamptz NOT NULL,
        PRIMARY KEY (campaign_id, number),
        CONSTRAINT batch_content_hash CHECK (octet_length(content_hash) = 32)
    )
    """,
    """
    CREATE TABLE message (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        campaign_id uuid NOT NULL,
        batch bigint NOT NULL,
        subscriber_id bigint NOT NULL,
        msisdn text NOT NULL,
        text text NOT NULL,
        parts smallint NOT NULL,
        state message_state NOT NULL,
        reason text NOT NULL DEFAULT '',
        attempts smallint NOT NULL DEFAULT 0,
        resends smallint NOT NULL DEFAULT 0,
        due_at timestamptz,
        ended_at timestamptz,
        CONSTRAINT message_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        CONSTRAINT message_parts CHECK (parts BETWEEN 0 AND 8),
        CONSTRAINT message_due_while_queued CHECK ((state = 'queued') = (due_at IS NOT NULL)),
        CONSTRAINT message_ended CHECK ((state IN ('delivered', 'failed')) = (ended_at IS NOT NULL)),
        CONSTRAINT message_failed_for_a_reason CHECK ((state = 'failed') = (reason <> '')),
        CONSTRAINT message_counts CHECK (attempts >= 0 AND resends >= 0)
    ) WITH (fillfactor = 60)
    """,
    "CREATE INDEX message_due ON message (due_at, id) WHERE due_at IS NOT NULL",
    "CREATE INDEX message_campaign ON message (campaign_id)",
    """
    CREATE TABLE message_part (
        message_id bigint NOT NULL REFERENCES message (id),
        part smallint NOT NULL,
        state part_state NOT NULL,
        smsc_id text,
        reason text NOT NULL DEFAULT '',
        answered_at timestamptz NOT NULL,
        PRIMARY KEY (message_id, part),
        CONSTRAINT message_part_number CHECK (part BETWEEN 1 AND 8),
        CONSTRAINT message_part_smsc_id CHECK ((state = 'refused') = (smsc_id IS NULL))
    ) WITH (fillfactor = 70)
    """,
    "CREATE INDEX message_part_smsc_id ON message_part (smsc_id)",
    """
    CREATE TABLE claim (
        id uuid PRIMARY KEY,
        owner uuid NOT NULL,
        message_ids bigint[] NOT NULL,
        claimed_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE doubt (
        message_id bigint PRIMARY KEY REFERENCES message (id),
        msisdn text NOT NULL,
        claimed_at timestamptz NOT NULL,
        since timestamptz NOT NULL
    )
    """,
    "CREATE INDEX doubt_msisdn ON doubt (msisdn)",
    """
    CREATE TABLE orphan_receipt (
        smsc_id text NOT NULL,
        msisdn text NOT NULL,
        state part_state NOT NULL,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (smsc_id, msisdn)
    )
    """,
    "CREATE INDEX orphan_receipt_msisdn ON orphan_receipt (msisdn)",
    """
    CREATE TABLE inbound (
        id uuid PRIMARY KEY,
        sender text NOT NULL,
        recipient text NOT NULL,
        text text NOT NULL,
        state inbound_state NOT NULL,
        subscriber_id bigint,
        received_at timestamptz NOT NULL,
        CONSTRAINT inbound_subscriber_id CHECK (subscriber_id BETWEEN 1 AND 4294967295),
        CONSTRAINT inbound_resolved CHECK ((state = 'resolved') = (subscriber_id IS NOT NULL))
    )
    """,
    "CREATE INDEX inbound_unresolved ON inbound (received_at, id) WHERE state = 'received'",
)


def upgrade() -> None:
    create_chassis_tables()
    for statement in STATEMENTS:
        op.execute(statement)
