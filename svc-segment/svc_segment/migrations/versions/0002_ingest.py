"""Makes room for usage, events, lists and ended lives beside the subscribers' snapshots; it must not load data."""

from alembic import op

revision = "0002"
down_revision = "0001"

CHANGES = (
    "ALTER TABLE snapshot DROP CONSTRAINT snapshot_kind",
    "ALTER TABLE snapshot ADD CONSTRAINT snapshot_kind CHECK (kind IN ('subscribers', 'usage', 'events', 'list'))",
    """
    ALTER TABLE snapshot
        ADD COLUMN month date,
        ADD COLUMN name text NOT NULL DEFAULT '',
        ADD COLUMN strangers bigint NOT NULL DEFAULT 0,
        ADD COLUMN notice text NOT NULL DEFAULT '',
        ADD COLUMN superseded boolean NOT NULL DEFAULT false
    """,
    """
    ALTER TABLE snapshot
        ADD CONSTRAINT snapshot_month CHECK (
            (month IS NOT NULL) = (kind = 'usage') AND (month IS NULL OR extract(day FROM month) = 1)
        ),
        ADD CONSTRAINT snapshot_name CHECK ((name <> '') = (kind = 'list')),
        ADD CONSTRAINT snapshot_strangers CHECK (strangers >= 0 AND strangers <= accepted)
    """,
    # The same bytes may be two lists, or come again once another file has taken their place.
    "DROP INDEX snapshot_file",
    """
    CREATE UNIQUE INDEX snapshot_file ON snapshot (sha256, kind, name, month) NULLS NOT DISTINCT
        WHERE state <> 'failed' AND NOT superseded
    """,
    "ALTER TABLE reject DROP CONSTRAINT reject_reason",
    """
    ALTER TABLE reject ADD CONSTRAINT reject_reason CHECK (
        reason IN ('WRONG_TYPE', 'MISSING', 'DUPLICATE', 'INVALID_NUMBER', 'UNKNOWN_NUMBER', 'OUT_OF_RANGE',
            'NOT_KEPT')
    )
    """,
    "ALTER TABLE attribute DROP CONSTRAINT attribute_name",
    """
    ALTER TABLE attribute ADD CONSTRAINT attribute_name CHECK (
        name ~ '^[a-z][a-z0-9_]{0,62}$' AND name NOT IN ('msisdn', 'subscriber_id', 'ended_on')
    )
    """,
    # A number that somebody else has now: the old ordinal stays closed for ever. A life that waits for its load's
    # swap is nobody's yet, so that a load shows whole or not at all.
    """
    ALTER TABLE number
        ADD COLUMN ended_on date,
        ADD COLUMN waiting_for uuid REFERENCES snapshot (id),
        ADD CONSTRAINT number_life CHECK (ended_on IS NULL OR waiting_for IS NULL)
    """,
    "ALTER TABLE number DROP CONSTRAINT number_msisdn_key",
    "CREATE UNIQUE INDEX number_living ON number (msisdn) WHERE ended_on IS NULL AND waiting_for IS NULL",
    "CREATE INDEX number_ended ON number (msisdn) WHERE ended_on IS NOT NULL",
    "CREATE INDEX number_waiting ON number (waiting_for) WHERE waiting_for IS NOT NULL",
    """
    CREATE TABLE measure (
        name text PRIMARY KEY CONSTRAINT measure_name CHECK (
            name ~ '^[a-z][a-z0-9_]{0,62}$' AND name NOT IN ('msisdn', 'subscriber_id', 'ended_on')
        ),
        position integer GENERATED ALWAYS AS IDENTITY,
        type text NOT NULL CONSTRAINT measure_type CHECK (type IN ('integer', 'number')),
        unit text NOT NULL,
        description text NOT NULL
    )
    """,
    """
    CREATE TABLE usage_month (
        month date PRIMARY KEY CONSTRAINT usage_month_first CHECK (extract(day FROM month) = 1),
        version bigint NOT NULL CONSTRAINT usage_month_version CHECK (version >= 1),
        file text NOT NULL,
        rows bigint NOT NULL CONSTRAINT usage_month_rows CHECK (rows >= 0),
        snapshot_id uuid NOT NULL REFERENCES snapshot (id),
        complete boolean NOT NULL,
        as_of date NOT NULL
    )
    """,
    """
    CREATE TABLE event_file (
        file text PRIMARY KEY,
        day date NOT NULL,
        rows bigint NOT NULL CONSTRAINT event_file_rows CHECK (rows >= 1),
        snapshot_id uuid REFERENCES snapshot (id)
    )
    """,
    "CREATE INDEX event_file_day ON event_file (day)",
)


def upgrade() -> None:
    for statement in CHANGES:
        op.execute(statement)
