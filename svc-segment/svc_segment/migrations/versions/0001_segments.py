"""Makes the tables of attributes, snapshots, numbers, segments and events, beside the chassis's own; it loads no data."""

from alembic import op

from carillon_chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE attribute (
        name text PRIMARY KEY CONSTRAINT attribute_name CHECK (
            name ~ '^[a-z][a-z0-9_]{0,62}$' AND name NOT IN ('msisdn', 'subscriber_id')
        ),
        position integer GENERATED ALWAYS AS IDENTITY,
        type text NOT NULL CONSTRAINT attribute_type CHECK (type IN ('integer', 'number', 'text', 'boolean', 'date')),
        unit text NOT NULL,
        description text NOT NULL
    )
    """,
    """
    CREATE TABLE snapshot (
        id uuid PRIMARY KEY,
        state text NOT NULL CONSTRAINT snapshot_state CHECK (state IN ('received', 'loading', 'loaded', 'failed')),
        kind text NOT NULL CONSTRAINT snapshot_kind CHECK (kind IN ('subscribers')),
        as_of date NOT NULL,
        file_name text NOT NULL,
        sha256 text NOT NULL CONSTRAINT snapshot_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        dictionary jsonb NOT NULL,
        row_count bigint NOT NULL DEFAULT 0,
        accepted bigint NOT NULL DEFAULT 0,
        rejected bigint NOT NULL DEFAULT 0,
        rows_done bigint NOT NULL DEFAULT 0,
        problem text NOT NULL DEFAULT '',
        received_at timestamptz NOT NULL,
        CONSTRAINT snapshot_counts CHECK (accepted >= 0 AND rejected >= 0 AND accepted + rejected <= row_count),
        CONSTRAINT snapshot_problem CHECK ((problem <> '') = (state = 'failed'))
    )
    """,
    # A file that failed may come again, with a better dictionary; any other is loaded once.
    "CREATE UNIQUE INDEX snapshot_file ON snapshot (sha256) WHERE state <> 'failed'",
    """
    CREATE TABLE reject (
        snapshot_id uuid NOT NULL REFERENCES snapshot (id),
        row bigint NOT NULL CONSTRAINT reject_row CHECK (row >= 1),
        field text NOT NULL,
        reason text NOT NULL
            CONSTRAINT reject_reason CHECK (reason IN ('WRONG_TYPE', 'MISSING', 'DUPLICATE', 'INVALID_NUMBER')),
        detail text NOT NULL,
        PRIMARY KEY (snapshot_id, row)
    )
    """,
    """
    CREATE TABLE number (
        subscriber_id integer PRIMARY KEY CONSTRAINT number_subscriber CHECK (subscriber_id >= 1),
        msisdn bigint NOT NULL UNIQUE CONSTRAINT number_msisdn CHECK (msisdn BETWEEN 1 AND 999999999999999)
    )
    """,
    """
    CREATE TABLE base (
        version bigint PRIMARY KEY CONSTRAINT base_version CHECK (version >= 1),
        snapshot_id uuid NOT NULL REFERENCES snapshot (id),
        file text NOT NULL,
        as_of date NOT NULL,
        subscribers bigint NOT NULL CONSTRAINT base_subscribers CHECK (subscribers >= 0)
    )
    """,
    """
    CREATE TABLE segment (
        id uuid PRIMARY KEY,
        name text NOT NULL CONSTRAINT segment_name UNIQUE,
        rule text NOT NULL,
        version bigint NOT NULL CONSTRAINT segment_version CHECK (version >= 1),
        created_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE membership (
        segment_id uuid NOT NULL REFERENCES segment (id),
        version bigint NOT NULL,
        base_version bigint NOT NULL REFERENCES base (version),
        as_of date NOT NULL,
        count bigint NOT NULL CONSTRAINT membership_count CHECK (count >= 0),
        bitmap bytea NOT NULL,
        PRIMARY KEY (segment_id, version)
    )
    """,
    # A bitmap is compressed already.
    "ALTER TABLE membership ALTER COLUMN bitmap SET STORAGE EXTERNAL",
    """
    CREATE TABLE event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        subscriber_id integer NOT NULL REFERENCES number (subscriber_id),
        type text NOT NULL CONSTRAINT event_type CHECK (length(type) BETWEEN 1 AND 64),
        at timestamptz NOT NULL,
        attributes jsonb NOT NULL
    )
    """,
    "CREATE INDEX event_of_subscriber ON event (subscriber_id, at)",
)


def upgrade() -> None:
    create_chassis_tables()
    for statement in TABLES:
        op.execute(statement)
